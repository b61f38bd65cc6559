// V6: one validation pass over the whole split comes to its end, the last partial batch included, and reports what decides.
// Not whether its numbers are right (V4), nor what a small part of the split already shows in every other check.
//
// The other checks look at a thousand samples; a class that only occurs later, a last batch of one, or a file that cannot be read
// crash hours into the run. So the whole split is evaluated where that fits the time; else its odd places are: the first batch and
// the last, as short as it will be, a few samples of each class, and as many evenly spaced ones as there is time for. The test split
// is evaluated at the end of a run: its first and last batch are tried as well.

import type { Evaluation, Split } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { Crash, crashed, failure } from './crash.ts'
import { isCutShort } from './cut-short.ts'
import type { Trial } from './trial.ts'

/** Seconds for the whole pass, at most, and the share of what is left of the budget. */
const most = 15
const share = 1 / 3

export const v6 = define({
  code: 'V6',
  needs: ['reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const small = await context.evaluation('trained')
    const trial = await context.at('trained')
    const { val = 0, test = 0 } = context.facts.samples
    const perSample = small.samples > 0 ? small.seconds / small.samples : 0
    const affordable = Math.floor(Math.min(most, share * context.remaining) / Math.max(perSample, 1e-7))
    const passed = await pass(context, trial, 'val', val, affordable, small)
    if (!('evaluation' in passed)) return passed
    const { evaluation, words } = passed
    const faults = await judged(context, trial, small, evaluation, passed.whole ? val : null)
    if (faults) return faults
    const tested =
      test > 0 ? await pass(context, trial, 'test', test, Math.min(affordable, 2 * size(context)), null) : null
    if (tested && !('evaluation' in tested)) return tested
    return go(`${words}, the last batch of ${lastBatch(context, val)}: no crash`, {
      seen: `${evaluation.samples} validation samples in ${plural(evaluation.batches, 'batch').replace('batchs', 'batches')}${tested ? `; ${tested.evaluation.samples} of the test split` : ''}`,
      expected: 'every sample evaluated, and every metric a number',
      evidence: {
        samples: evaluation.samples,
        of: val,
        whole: passed.whole,
        ...Object.fromEntries(Object.entries(evaluation.metrics)),
      },
    })
  },
})

const size = ({ plan }: Context): number => plan.run.evaluate.batch_size

const lastBatch = (context: Context, samples: number): number =>
  samples % size(context) || Math.min(samples, size(context))

type Passed = { readonly evaluation: Evaluation; readonly whole: boolean; readonly words: string }

/** The whole split, or its odd places; a crash is its outcome. `before`: what was evaluated of it already. */
const pass = async (
  context: Context,
  trial: Trial,
  split: Split,
  samples: number,
  affordable: number,
  before: Evaluation | null,
): Promise<Passed | Outcome> => {
  // a loader that does not tell its length is one that can only be gone through
  if (before && samples > 0 && before.samples >= samples)
    return { evaluation: before, whole: true, words: `all ${samples} validation samples evaluated` }
  const whole = samples === 0 ? affordable >= 2000 : samples <= affordable
  if (!whole && !context.can('evaluateAnyOrder'))
    return skipped(`the whole ${split} split takes too long, and single samples of it cannot be chosen`)
  const ids = whole ? null : await oddPlaces(context, trial, split, samples, affordable)
  const words = ids
    ? `${ids.length} of ${samples} validation samples, the odd places among them`
    : `all ${samples || ''} validation samples evaluated`.replace('  ', ' ')
  try {
    return { evaluation: await trial.evaluate(ids ? { split, ids } : { split, whole: true }), whole, words }
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    const where = before ? `; the first ${before.samples} samples of it were evaluated without` : ''
    const limit = failure(error)
    if (limit.status === 'SKIPPED') return limit
    return crashed(error, `${ids ? `${ids.length} samples` : 'the whole'} of the ${split} split${where}`)
  }
}

/** The first batch, a few samples of each class, evenly spaced ones, and the last batch as the last. */
const oddPlaces = async (
  context: Context,
  trial: Trial,
  split: Split,
  samples: number,
  affordable: number,
): Promise<number[]> => {
  const batch = size(context)
  const room = Math.max(0, affordable - 2 * batch)
  const last = lastBatch(context, samples)
  const between = new Set<number>()
  if (split !== 'train' && context.can('survey') && room > 0)
    for (const id of await rare(trial, split)) if (between.size < room) between.add(id)
  const gap = Math.max(1, Math.ceil(samples / Math.max(1, room - between.size)))
  for (let id = batch; id < samples - last && between.size < room; id += gap) between.add(id)
  const middle = [...between].filter((id) => id >= batch && id < samples - last).sort((a, b) => a - b)
  // full batches up to the last one, so that it is as short as in the run
  const full = middle.slice(0, Math.floor(middle.length / batch) * batch)
  const first = Array.from({ length: Math.min(batch, samples - last) }, (_, i) => i)
  return [...first, ...full, ...Array.from({ length: last }, (_, i) => samples - last + i)]
}

/** The first few samples of each class, the rarest classes first, among those spread over the split. */
const rare = async (trial: Trial, split: Split): Promise<number[]> => {
  const found = await trial.data({ split, spread: true, limit: 1000, seconds: 5 })
  const classes = new Map<number, number[]>()
  for (const { id, target } of found)
    if (typeof target === 'number' && id >= 0) classes.set(target, [...(classes.get(target) ?? []), id])
  return [...classes.values()].sort((a, b) => a.length - b.length).flatMap((ids) => ids.slice(0, 2))
}

const judged = async (
  context: Context,
  trial: Trial,
  small: Evaluation,
  evaluation: Evaluation,
  expected: number | null,
): Promise<Outcome | null> => {
  const where = placeOf(context.facts, 'evaluate', 'metrics', 'setup')
  const objective = context.plan.objective.name.replace(/^val_/, '')
  const value = new Map(Object.entries(evaluation.metrics)).get(objective)
  const evidence = { samples: evaluation.samples, expected, ...evaluation.metrics }
  if (expected !== null && expected > 0 && evaluation.samples < expected && context.plan.run.world === 1) {
    // a last batch that is dropped is a bug's own mark; to look at a part may be meant
    const isLastBatch =
      expected - evaluation.samples < Math.max(2, evaluation.samples / Math.max(1, evaluation.batches))
    const certain = isLastBatch && !(await isCutShort(context, trial, evaluation))
    return (certain ? noGo : warn)(
      'samples-left-out',
      `${expected - evaluation.samples} validation samples are never evaluated`,
      {
        seen: `${evaluation.samples} samples in ${evaluation.batches} batches`,
        expected: `${expected}, each once`,
        where,
        evidence,
        advice: 'drop_last=False for the validation loader',
      },
    )
  }
  const before = new Map(Object.entries(small.metrics)).get(objective)
  if (value !== undefined && Number.isNaN(value) && before !== undefined && Number.isFinite(before))
    return noGo('metric-not-finite', `val_${objective} of the whole split is not a number`, {
      seen: `NaN over ${evaluation.samples} samples, ${number(before)} over ${small.samples}`,
      expected: 'a number: a NaN never counts as the best, and nothing would be kept',
      where,
      evidence,
      advice: 'look for a NaN among the samples, and for a division by a count that can be 0',
    })
  const broken = Object.entries(evaluation.metrics).filter(
    ([name, one]) => Number.isNaN(one) && !Number.isNaN(new Map(Object.entries(small.metrics)).get(name) ?? 0),
  )
  return broken.length > 0
    ? warn('metric-not-finite', `val_${broken[0]?.[0]} of the whole split is not a number`, {
        seen: `NaN over ${evaluation.samples} samples, a number over ${small.samples}`,
        expected: 'a number',
        where,
        evidence,
        advice: 'look for a NaN among the samples, and for a division by a count that can be 0',
      })
    : null
}
