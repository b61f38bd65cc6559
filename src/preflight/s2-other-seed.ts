// S2: another seed gives another run.
// Not whether the same seed gives the same one (S1).
//
// A fresh process with another seed makes the first steps. Other weights, another order or other losses, any of them, is a seed that
// works. Where nothing differs, a program without randomness is healthy and SKIPPED: pretrained weights, a fixed order, no noise. The
// signature of a seed that is ignored is in the generators themselves: they were seeded differently before the experiment's code ran,
// and stand at the same place afterwards. Someone has put a seed of his own in between; then every seed of the run file is one run.
import { define, go, list, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import { differenceIn, firstDivergence, stateDifferences } from './compare.ts'
import { type Context, otherSeed } from './context.ts'

export const s2 = define({
  code: 'S2',
  needs: ['reset', 'freshProcess'],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const reference = await context.reference()
    const other = await context.other()
    const seeds = [context.seed, otherSeed(context.seed)] as const
    const first = reference.records.slice(0, other.records.length)
    const weights = stateDifferences(reference.initial, other.initial)
    const values = differenceIn(weights, 'parameters')
    const divergence = firstDivergence(first, other.records)
    const order = first.some((record, i) => record.samples.digest !== other.records[i]?.samples.digest)
    const evidence = {
      seeds: [...seeds],
      steps: first.length,
      weights: values?.names.length ?? 0,
      order,
      losses: [first.at(-1)?.loss ?? null, other.records.at(-1)?.loss ?? null],
    }
    if (reference.reseeded.length > 0) return eachEpoch(context, reference.reseeded, { ...evidence })
    if (values || divergence) {
      const differing = [values ? 'weights' : null, order ? 'order of the data' : null, divergence ? 'losses' : null]
      const words = differing.filter((one) => one !== null).join(', ')
      return go(`seeds ${seeds[0]} and ${seeds[1]}: other ${words}`, {
        seen: `${values ? `${values.names.length} of ${values.of} parameters differ` : 'equal first weights'}; ${order ? 'other samples' : 'the same samples'}${divergence ? `; step ${divergence.step} parts` : ''}`,
        expected: 'another run for another seed',
        evidence,
      })
    }
    return sameRun(context, seeds, differenceIn(weights, 'rng') === undefined, { ...evidence })
  },
})

/** A constant seed within the loop: what is drawn, an order, shifts, dropout, is the same in every epoch, whatever the seed of the run. */
const eachEpoch = (context: Context, generators: readonly string[], evidence: Outcome['evidence']): Outcome =>
  warn('augmentation-repeats', 'every epoch begins with the same random numbers', {
    seen: `${list(generators)}: the generator stood at different places before two epochs, and at the same one once the loop had begun`,
    expected: 'generators that go on from epoch to epoch',
    where: placeOf(context.facts, 'train_step', 'setup'),
    evidence: { ...evidence, generators: [...generators] },
    alternatives: ['order-repeats', 'seed-has-no-effect'],
    advice: 'seed once, before the model is made; or with the seed of the run and the number of the epoch',
  })

const sameRun = (
  context: Context,
  [seed, other]: readonly [number, number],
  sameGenerators: boolean,
  evidence: Outcome['evidence'],
): Outcome => {
  const { facts } = context
  const noisy = (facts.modules ?? []).filter(({ traits }) => traits.includes('drawsNoise'))
  const random = [
    ...(facts.loading?.shuffles === true ? ['a loader that shuffles'] : []),
    ...(noisy.length > 0 ? [`noise in ${noisy[0]?.kind}`] : []),
  ]
  if (!sameGenerators && random.length === 0)
    return skipped(`seeds ${seed} and ${other} give the same run, and nothing in it is random: no order, no noise`)
  if (!sameGenerators && context.task.pretrained && noisy.length === 0)
    return skipped('the weights come from elsewhere, and the order of the data is fixed on purpose or by chance')
  return warn('seed-has-no-effect', 'another seed gives the same run', {
    seen: `seeds ${seed} and ${other}: equal first weights, equal samples and losses in ${number(Number(evidence.steps))} steps${sameGenerators ? '; the generators stand at the same place, so they were seeded anew' : `, in spite of ${random.join(' and ')}`}`,
    expected: `another run for another seed:${sameGenerators ? '' : ' the seed of the run file should reach what is random'}`,
    where: placeOf(facts, 'setup', 'model', 'data', 'datasets'),
    evidence: { ...evidence, sameGenerators },
    advice: 'take the seed from the run (self.seed), and set none of your own: several seeds would be one',
  })
}
