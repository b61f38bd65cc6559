// D7: the order of training: what an epoch draws, whether the next one draws it in another order, and runs of one class.
// Not what is drawn for a sample once it is there (D6), nor whether a resumed run goes on in the same order (K1).
//
// Few orders are wrong by themselves. Sampling with replacement, a curriculum, a time series in its order, an epoch that is a
// part of the data: all healthy. One thing is a broken word: a loader that says it shuffles, and gives two epochs the very same
// order of eight samples or more (by chance: once in 40,320). The rest is told as a warning, where it is known to hurt.
import type { EpochOrder, Evidence, SampleDigest } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { orNull } from './cycle.ts'

/** Ids beyond this are not drawn twice for a look. */
const most = 2_000_000
const looked = 512

/** Steps of a short epoch that two of them may cost. */
const mostTrained = 12

export const d7 = define({
  code: 'D7',
  needs: ['reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const order = context.facts.can.order ?? { no: 'the engine does not offer order' }
    if (order !== 'yes') return (await asTrained(context)) ?? skipped('no' in order ? order.no : order.byConstruction)
    const available = context.facts.data.find(({ split }) => split === 'train')?.samples ?? 0
    const trial = await context.at('initial')
    const [first, second] = await trial.order({ epochs: 2, ids: 1000, whole: available <= most })
    if (!first || !second) return skipped('the order of two epochs is not known')
    const evidence: Evidence = {
      batches: first.batches,
      samples: first.samples,
      distinct: first.distinct,
      available: first.available,
      smallestBatch: first.smallestBatch,
      repeats: first.digest === second.digest,
      shuffles: context.facts.loading?.shuffles ?? null,
    }
    const where = placeOf(context.facts, 'train_loader', 'data', 'datasets', 'setup')
    return (
      repeating(first, second, { evidence, where }, context) ??
      unweighed(first, { evidence, where }, context) ??
      narrow(first, { evidence, where }) ??
      (await running(context, { evidence, where })) ??
      held(first, second, evidence)
    )
  },
})

/** Where no loader can be asked, two short epochs are trained, on every rank that there is, and their batches compared. */
const asTrained = async (context: Context): Promise<Outcome | null> => {
  const trial = await context.at('initial')
  const batches = trial.facts.stepsPerEpoch
  if (!context.can('sampleIds') || batches < 2 || batches > mostTrained) return null
  const records = await orNull(trial.steps({ steps: 2 * batches, ids: true }))
  if (records === null || records.length < 2 * batches) return null
  const digests = records.map(({ samples, ranks }) =>
    [samples, ...(ranks ?? []).map((one) => one.samples)].map(({ digest }) => digest).join(' '),
  )
  const count = records.slice(0, batches).reduce((sum, { samples }) => sum + samples.count, 0)
  const ids = records.slice(0, batches).flatMap(({ samples }) => samples.ids ?? [])
  const again = digests.slice(batches).every((digest, i) => digest === digests[i])
  const evidence: Evidence = { batches, samples: count, repeats: again, world: context.plan.run.world }
  if (!again || count < 8)
    return go(`${plural(batches, 'batch')} of two epochs hold other samples`.replace('batchs', 'batches'), {
      seen: `${count} samples of each of two epochs, as they were trained on`,
      expected: 'another order in the next epoch',
      evidence,
    })
  // a plain order on every rank is one that was meant
  if (ids.length > 0 && isRising(ids)) return null
  return warn('order-repeats', 'every epoch has the same order', {
    seen: `two epochs of ${plural(batches, 'batch').replace('batchs', 'batches')} hold the same samples in the same places`,
    expected: 'another order in each epoch',
    where: placeOf(context.facts, 'train_loader', 'data', 'datasets', 'setup'),
    evidence,
    advice: 'give the sampler a set_epoch(epoch) that its order depends on; gonogo calls it',
  })
}

type Place = { readonly evidence: Evidence; readonly where: string | null }

const repeating = (first: EpochOrder, second: EpochOrder, place: Place, { facts }: Context): Outcome | null => {
  if (first.digest !== second.digest || first.distinct < 8 || isRising(first.ids)) return null
  const found = {
    ...place,
    seen: `epochs 1 and 2 draw the same ${first.samples} samples in the same order: ${first.ids.slice(0, 4).join(', ')}, …`,
    expected: 'another order in each epoch',
    advice: 'keep one generator for all epochs, or seed it with the epoch: sampler.set_epoch(epoch)',
  }
  return facts.loading?.shuffles
    ? noGo('order-repeats', 'the order is shuffled once, and is the same in every epoch', found)
    : warn('order-repeats', 'every epoch has the same order, and no plain one', found)
}

export const isRising = (ids: readonly number[]): boolean =>
  ids.every((id, i) => i === 0 || id >= (ids[i - 1] as number))

/** One weight a class where there must be one a sample: the sampler draws the first few places, and no other is ever seen. */
const unweighed = ({ distinct, samples }: EpochOrder, place: Place, { facts }: Context): Outcome | null => {
  const weights = facts.loading?.weights
  if (!weights || 2 * weights.count > weights.samples || distinct > weights.count) return null
  return noGo('samples-left-out', 'the sampler has weights for the first few samples alone, and draws no other', {
    ...place,
    seen: `${plural(weights.count, 'weight')} for ${plural(weights.samples, 'sample')}: ${samples} drawn, ${plural(distinct, 'different sample')}`,
    expected: 'one weight a sample: that of its class, weights[labels]',
    evidence: { ...place.evidence, weights: weights.count },
    alternatives: ['samples-repeated'],
    advice: 'give WeightedRandomSampler class_weights[labels], not class_weights',
  })
}

/** A class that is rare one in a hundred, drawn as often as the other, leaves half unseen; a quarter is more than balance. */
const narrow = ({ distinct, samples, available }: EpochOrder, place: Place): Outcome | null => {
  if (samples < 32 || distinct * 4 > Math.min(samples, available)) return null
  return warn('samples-repeated', 'an epoch draws a few samples again and again', {
    ...place,
    seen: `${samples} drawn, ${plural(distinct, 'different sample')} of ${available}`,
    expected: 'each index once an epoch, or weights that leave most within reach',
    advice: 'look at how the sampler computes its indices',
  })
}

/** Batches of one class, where there are several: each step forgets what the one before has learnt. */
const running = async (context: Context, place: Place): Promise<Outcome | null> => {
  if (context.task.kind !== 'classification' || !context.can('passes')) return null
  const trial = await context.at('initial')
  const batches = Math.max(1, Math.ceil(looked / context.plan.run.train.batch_size))
  const [seen, all] = [
    await trial.data({ passes: { epochs: 1, batches } }),
    await trial.data({ split: 'train', spread: true, limit: looked, seconds: 2 }),
  ]
  const runs = sameAsBefore(seen)
  const chance = concentration(all)
  if (runs === null || chance === null || seen.length < 32 || runs < 0.9 || chance > 0.6) return null
  return warn('class-runs', 'training goes through one class after the other', {
    ...place,
    seen: `${number(100 * runs)} % of samples have the label of the one before; at random it would be ${number(100 * chance)} %`,
    expected: 'classes mixed within batches',
    evidence: { ...place.evidence, runs, chance },
    advice: 'shuffle=True for the training loader, or shuffle the list once',
  })
}

type Labelled = Pick<SampleDigest, 'target'>

/** Share of samples whose label is that of the sample before; null without plain labels. */
export const sameAsBefore = (samples: readonly Labelled[]): number | null => {
  const labels = labelsOf(samples)
  if (labels === null || labels.length < 2) return null
  return labels.slice(1).filter((label, i) => label === labels[i]).length / (labels.length - 1)
}

/** Chance that two samples drawn at random have the same label. */
export const concentration = (samples: readonly Labelled[]): number | null => {
  const labels = labelsOf(samples)
  if (labels === null || labels.length < 2) return null
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => sum + (count / labels.length) ** 2, 0)
}

const labelsOf = (samples: readonly Labelled[]): number[] | null => {
  const labels = samples.flatMap(({ target }) => (typeof target === 'number' ? [target] : []))
  return labels.length === samples.length ? labels : null
}

const held = (first: EpochOrder, second: EpochOrder, evidence: Evidence): Outcome => {
  const once = first.distinct === first.samples ? 'each once' : `${first.distinct} of them different`
  const next = first.digest === second.digest ? 'the next epoch in the same order' : 'another order in the next epoch'
  return go(`${plural(first.samples, 'sample')} an epoch, ${once}; ${next}`, {
    seen: `${first.batches} batches an epoch, the smallest of ${first.smallestBatch}`,
    expected: 'no order that was meant to change and does not, no run of one class',
    evidence,
  })
}
