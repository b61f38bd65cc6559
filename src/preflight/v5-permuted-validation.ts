// V5: the order of the validation samples changes no metric.
// Not the batch size (V2), nor whether the numbers are right (V4).
//
// The same samples once in the order given and once shuffled, so that every batch is made up otherwise. Metrics of samples agree to
// rounding. Where they do not, the outputs tell why: equal outputs and another metric is a fault of the summing, and the formula that
// gives both numbers is its signature. Other outputs mean that a sample's output depends on what was evaluated before it or beside
// it: for a model that carries a state from batch to batch, or a loss that compares samples, that is honest, so it only warns.
import { shuffledOrder } from '../contract/draw.ts'
import type { Cause, Evaluation } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { isClose, rivals } from './formulas.ts'
import { gapOf, type Outputs, outputsOf, sizeOf } from './outputs.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import { inAnotherOrder } from './v1-evaluate-twice.ts'
import { type Apart, metricsApart, perSampleValues } from './v2-batch-size-invariance.ts'

/** Of the shuffled order. Any will do. */
const seed = 11

/** Metrics that are means of one number a sample by their definition, so that no order can change them. */
const meansOfSamples: ReadonlySet<string> = new Set(['accuracy', 'acc', 'error', 'mse', 'mae'])

/** V1's causes: any other order draws other noise. */
const noise: ReadonlySet<Cause> = new Set(['random-evaluation', 'no-eval-mode', 'augmentation-on-validation'])

export const v5 = define({
  code: 'V5',
  needs: ['evaluateAnyOrder', 'reset'],
  guarantee: 'metricsArePerSample',
  // batches of another make-up are what V2 tries as well, with better means to say why
  after: ['V2'],
  heeds: ['V1'],
  costClass: 'warm',
  async run(context) {
    const random = context.outcomes.get('V1')
    if (random && noise.has(random.cause ?? 'crashed'))
      return skipped('evaluation is random (V1): another order draws other noise')
    // which rank evaluates a sample hangs on its place, and outputs come rank by rank
    if (context.plan.run.world > 1 && context.facts.owns.evaluation === 'manual')
      return skipped('each rank holds a part of the validation set')
    const given = await context.evaluation('trained')
    const trial = await context.at('trained')
    // of the subject that was asked: a limit of the preflight ends with a whole batch
    const expected = trial.facts.samples.val ?? given.samples
    if (given.samples !== expected)
      return skipped(`${given.samples} of ${expected} samples are evaluated, others in each order: V4 judges that`)
    if (given.samples < 4) return skipped(`${given.samples} validation samples are too few to come in another order`)
    const ask = (order: 'given' | { shuffled: number }) =>
      trial.evaluate({ order, perSample: context.can('perSample') })
    const shuffled = await ask({ shuffled: seed })
    const { metric: tolerance, output } = roundingOf(arithmeticOf(context.facts, given, shuffled))
    const [worst] = metricsApart(given, shuffled, tolerance)
    const apart = outputsMoved(given, shuffled)
    // a loader that shuffles by itself gives its outputs in another order each time: which sample is whose cannot be told
    // the first may begin where the evaluation before began, the second cannot
    const mixed =
      apart !== null &&
      apart > output &&
      (inAnotherOrder(given, await ask('given'), output) || inAnotherOrder(given, await ask('given'), output))
    const moved = mixed ? null : apart
    const evidence = {
      samples: given.samples,
      ...Object.fromEntries(Object.entries(given.metrics).map(([name, value]) => [`${name} in order`, value])),
      ...Object.fromEntries(Object.entries(shuffled.metrics).map(([name, value]) => [`${name} shuffled`, value])),
      ...(moved === null ? {} : { outputsApart: moved }),
    }
    // what a generator makes of noise belongs to its place, not to a sample: then no score changes
    const depends = moved !== null && moved > output && !(context.task.kind === 'custom' && !worst)
    if (!worst && !depends)
      return go(`${given.samples} samples in another order: the same metrics`, {
        seen: `${Object.keys(given.metrics).join(', ')} agree${moved === null ? '' : `; outputs of a sample ${number(moved)} apart`}`,
        expected: `${tolerance} relative`,
        evidence,
      })
    await trial.restore('trained')
    const again = await ask('given')
    if (metricsApart(given, again, tolerance).length > 0)
      return skipped('the same order twice gives other metrics: V1 judges that')
    const where = placeOf(context.facts, 'evaluate', 'metrics', 'model', 'setup')
    if (depends || !worst) {
      return warn('order-dependent-outputs', 'the output of a sample depends on what is evaluated before it', {
        seen: `outputs of the same sample differ by ${number(moved ?? 0)} of the largest between two orders${worst ? `; ${worst.name} ${number(worst.a)} and ${number(worst.b)}` : ''}`,
        expected: 'the same output for the same sample; a state carried from batch to batch is an exception',
        where,
        evidence,
        alternatives: ['batch-dependent-outputs', 'no-eval-mode'],
        advice: 'reset hidden states and running statistics before each sample, unless the order is a part of the task',
      })
    }
    return judged(context, worst, given, shuffled, { where, evidence })
  },
})

type Place = { readonly where: string | null; readonly evidence: Outcome['evidence'] }

/** Equal outputs, or none to see: the metric itself depends on the order. */
const judged = (
  context: Context,
  worst: Apart,
  given: Evaluation,
  shuffled: Evaluation,
  { where, evidence }: Place,
) => {
  const { name, a, b } = worst
  const title = `val_${name} depends on the order of the samples`
  const seen = `${name} ${number(a)} in order, ${number(b)} shuffled`
  const left = perSampleValues(context, name, given)
  const right = perSampleValues(context, name, shuffled)
  const size = context.plan.run.evaluate.batch_size
  const tolerance = 2 * roundingOf(arithmeticOf(context.facts, given, shuffled)).metric
  const formula =
    left && right
      ? rivals(left, size).find(
          ({ value }, i) => isClose(a, value, tolerance) && isClose(b, rivals(right, size)[i]?.value ?? 0, tolerance),
        )
      : undefined
  if (formula)
    return noGo(formula.cause, title, {
      seen: `${seen}: ${formula.words}`,
      expected: 'the mean over samples, which no order changes',
      where,
      evidence: { ...evidence, formula: formula.words },
      advice: 'sum over samples, and divide by the number of samples once, at the end',
    })
  const found = {
    seen,
    expected: 'the same value in any order',
    where,
    evidence,
    alternatives: ['mean-of-batch-means', 'samples-left-out'] as const,
    advice: 'collect outputs and targets of all samples, and compute the metric once, at the end',
  }
  return meansOfSamples.has(name) && context.task.kind !== 'custom' && given.perSample
    ? noGo('metric-wrong', title, found)
    : warn('order-dependent-metric', title, found)
}

/** Largest distance of two outputs of one sample, relative to the largest output; null where they cannot be told. */
export const outputsMoved = (given: Evaluation, shuffled: Evaluation): number | null => {
  if (!given.perSample || !shuffled.perSample) return null
  const left = outputsOf(given.perSample)
  const right = outputsOf(shuffled.perSample)
  if (left.count !== right.count || left.width !== right.width) return null
  const order = shuffledOrder(left.count, seed)
  let largest = 1e-6
  let distance = 0
  for (const [place, sample] of order.entries())
    for (let i = 0; i < left.width; i++) {
      const value = at(left, sample, i)
      largest = sizeOf(largest, value)
      distance = Math.max(distance, gapOf(value, at(right, place, i)))
    }
  return distance / largest
}

const at = ({ values, width }: Outputs, row: number, i: number): number => values[row * width + i] as number
