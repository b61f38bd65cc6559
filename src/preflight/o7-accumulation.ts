// O7: a batch in parts has the gradient of the whole batch, and every sample the weight that it has there.
// Not whether gradients are cleared in between (O2), nor what several processes make of them (P2).
//
// A managed step is asked for one batch at once, and for the same samples in parts that it accumulates. A step of the project's own
// may cut its batch by itself: there the same samples come in two orders, which may not matter, and one by one. Where the gradient of
// the batch is a weighted sum of those of its samples, the weights tell what was done: micro-batches that are not divided by their
// number give each sample a whole multiple of its share; a mean of means gives each micro-batch the same weight, however much
// it holds, and each sample another one in another order. A loss that compares the samples of a batch is no such sum, and is left alone.
// Dropout and augmentation are off, batch norm uses its running statistics.
import { type StepRecord, shuffledOrder } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { baseRate, cycle, frozenSize, orNull } from './cycle.ts'
import { apart, length, type Mixture, mixtureOf } from './mixture.ts'
import { arithmeticOf } from './rounding.ts'
import type { Trial } from './trial.ts'

/** Samples of the batch, twelve: to be cut into two, three, four or six. */
const samples = 12
const elements = 4096

export const o7 = define({
  code: 'O7',
  needs: ['gradients', 'batchByIds', 'suppressUpdates', 'reset'],
  after: ['O1'],
  costClass: 'warm',
  async run(context) {
    const trial = await context.at('initial')
    const size = trial.facts.samples.train ?? 0
    const declared = context.plan.run.train.accumulate
    const parts = context.can('accumulate') && declared > 1 && declared <= 32 ? declared : 4
    const count = parts * Math.max(1, Math.round(samples / parts))
    if (size < count) return skipped(`${size} training samples: too few for a batch of ${count}`)
    const managed = context.can('accumulate')
    // samples one by one: all ranks but one would get nothing
    if (!managed && context.plan.run.world > 1) return skipped('each rank holds a part of the batch')
    if (!managed) {
      const calls = await callsOf(context, trial)
      if (calls?.length !== 1)
        return calls === null
          ? skipped('no update was made in 64 steps')
          : (clearedBetween(context, calls) ??
              skipped(`train_step() makes an update of ${calls.length} calls by itself`))
    }
    const ids = Array.from({ length: count }, (_, i) => Math.floor((i * size) / count))
    const gradients = gradientsOf(trial)
    const [whole] = await gradients([ids], 1)
    const [again] = await gradients([ids], 1)
    const tolerance = ['float32', 'float64'].includes(arithmeticOf(context.facts)) ? 1e-4 : 5e-2
    if (!whole || !again || !(length(whole) > 0)) return skipped('the batch has no gradient')
    if (!(apart(whole, again) <= tolerance))
      return skipped('noise that cannot be switched off: no two gradients are alike')
    const found: Found = { context, ids, whole, tolerance, parts, gradients }
    const outcome = managed ? await inParts(found) : await inOrders(found)
    await trial.restore('initial')
    return outcome
  },
})

type Gradients = (batches: readonly (readonly number[])[], accumulate: number | null) => Promise<readonly number[][]>

type Found = {
  readonly context: Context
  readonly ids: readonly number[]
  readonly whole: readonly number[]
  readonly tolerance: number
  readonly parts: number
  readonly gradients: Gradients
}

/** The calls of one update, on one batch. */
const callsOf = async (context: Context, trial: Trial): Promise<readonly StepRecord[] | null> => {
  const probe = { batch: { frozen: frozenSize(context) }, learningRate: baseRate(context), regularisation: false }
  return (await cycle(context, trial, probe))?.records ?? null
}

/** On one batch gradients that add up grow with every call; those that stay what they are have been cleared, and no update ever saw them. */
const clearedBetween = (context: Context, calls: readonly StepRecord[]): Outcome | null => {
  if (context.facts.optimizers.length !== 1 || !calls.slice(0, -1).every(isGathered)) return null
  const sizes = gathered(calls)
  const [first = 0] = sizes
  if (!(first > 0) || sizes.some((one) => Math.abs(one - first) > 1e-4 * first)) return null
  return noGo(
    'accumulation-mis-normalised',
    `gradients of ${calls.length - 1} of ${calls.length} batches are thrown away`,
    {
      seen: `an update of ${calls.length} calls on one batch: gradient ${sizes.map(number).join(', ')} after each`,
      expected: 'a gradient that grows with each call until the update',
      where: placesOf(context),
      evidence: { calls: calls.length, gradients: sizes },
      advice: 'call zero_grad() once for each update, after step(), and not for each batch',
    },
  )
}

const isGathered = ({ updates }: StepRecord): boolean => updates.every(({ outcome }) => outcome === 'accumulated')

/** What lies in all gradients together after each call. */
export const gathered = (calls: readonly StepRecord[]): number[] =>
  calls.map(({ parameters }) => Math.hypot(...Object.values(parameters ?? {}).map(({ gradient }) => gradient ?? 0)))

/** The gradient after each of these batches, from the first state; accumulated ones are those of the batches before too. */
const gradientsOf =
  (trial: Trial): Gradients =>
  async (batches, accumulate) => {
    await trial.restore('initial')
    const steps = trial.steps({
      steps: batches.length,
      batch: { ids: batches.map((batch) => [...batch]) },
      accumulate: trial.facts.can.accumulate === 'yes' ? accumulate : null,
      updates: 'suppressed',
      regularisation: false,
      statistics: false,
      observe: true,
      elements,
    })
    return (await orNull(steps))?.map((record) => record.elements ?? []) ?? []
  }

const chunks = (ids: readonly number[], count: number): number[][] =>
  Array.from({ length: count }, (_, k) => ids.slice((k * ids.length) / count, ((k + 1) * ids.length) / count))

const placesOf = ({ facts }: Context) => placeOf(facts, 'loss', 'train_step', 'setup')

const inParts = async (found: Found): Promise<Outcome> => {
  const { context, ids, whole, parts, tolerance, gradients } = found
  const accumulated = (await gradients(chunks(ids, parts), parts)).at(-1) ?? []
  const distance = apart(whole, accumulated)
  const shown = {
    seen: `${ids.length} samples at once, and in ${parts} parts: gradients ${number(distance)} apart`,
    expected: `${tolerance} relative: the mean over the batch`,
    where: placesOf(context),
    evidence: { samples: ids.length, parts, apart: distance, tolerance },
  }
  if (distance <= tolerance) return go(`a batch in ${parts} parts has the gradient of the whole batch`, shown)
  const ratio = length(accumulated) / length(whole)
  const straight =
    apart(
      accumulated,
      whole.map((value) => value * ratio),
    ) <=
    10 * tolerance
  const accumulates = context.plan.run.train.accumulate > 1
  if (straight && Math.abs(ratio * parts - 1) < 0.01)
    return unlike(
      'the loss grows with the samples of its batch: a batch in parts has a shorter gradient',
      accumulates,
      {
        ...shown,
        seen: `${shown.seen}; the accumulated one is ${number(ratio)} times as long`,
        advice: 'take the mean over the samples at hand',
      },
    )
  const singles = await gradients(
    ids.map((id) => [id]),
    1,
  )
  const [one, several] = [mixtureOf(whole, singles), mixtureOf(accumulated, singles)]
  if (singles.length === 0) return skipped('a batch of one sample crashes: what a sample weighs is not told')
  if (!one || !several || one.residual > 10 * tolerance || several.residual > 10 * tolerance)
    return skipped('the loss compares the samples of a batch: its gradient depends on the parts honestly')
  return unlike('samples weigh otherwise in a batch of parts', accumulates, {
    ...shown,
    seen: `${shown.seen}; a sample weighs ${spanOf(one)} in the whole batch, ${spanOf(several)} in the parts`,
    evidence: { ...shown.evidence, weights: [...one.weights], weightsInParts: [...several.weights] },
    advice: 'divide by what the whole batch holds (words, positives, class weights), not by what each part does',
  })
}

/** A warning; and where the run accumulates nothing, no more than a remark. */
const unlike = (title: string, accumulates: boolean, found: Parameters<typeof warn>[2]): Outcome =>
  accumulates ? warn('accumulation-mis-normalised', title, found) : go(`${title}; this run has no parts`, found)

const spanOf = ({ weights }: Mixture): string => `${number(Math.min(...weights))} to ${number(Math.max(...weights))}`

const inOrders = async (found: Found): Promise<Outcome> => {
  const { context, ids, whole, tolerance, gradients } = found
  const order = shuffledOrder(ids.length, 1)
  const [shuffled = []] = await gradients([order.map((at) => ids[at] as number)], null)
  const singles = await gradients(
    ids.map((id) => [id]),
    null,
  )
  const [one, other] = [mixtureOf(whole, singles), mixtureOf(shuffled, singles)]
  const distance = apart(whole, shuffled)
  // autocast rounds more than the weights' own format tells
  const most = Math.max(10 * tolerance, 5e-3)
  if (!one || !other || one.residual > most || other.residual > most)
    return distance <= tolerance
      ? go('the order of the samples in a batch does not change its gradient', {
          seen: `${ids.length} samples in two orders: gradients ${number(distance)} apart`,
          expected: `${tolerance} relative`,
          evidence: { samples: ids.length, apart: distance, tolerance },
        })
      : skipped('the loss compares the samples of a batch: its gradient depends on their places honestly')
  return judgeWeights({ one, other, order, distance, tolerance, where: placesOf(context) })
}

type Weighed = {
  readonly one: Mixture
  /** With the samples in `order`; weights stand by sample all the same. */
  readonly other: Mixture
  readonly order: readonly number[]
  readonly distance: number
  readonly tolerance: number
  readonly where: string | null
}

export const judgeWeights = ({ one, other, order, distance, tolerance, where }: Weighed): Outcome => {
  const count = one.weights.length
  const sum = one.weights.reduce((a, b) => a + b, 0)
  const shown = {
    seen: `${count} samples in two orders: gradients ${number(distance)} apart; a sample weighs ${spanOf(one)}, together ${number(sum)}`,
    expected: `the same gradient; weights that add up to 1, or ${count} for a sum`,
    where,
    evidence: {
      samples: count,
      apart: distance,
      tolerance,
      weights: [...one.weights],
      weightsInOtherOrder: [...other.weights],
    },
  }
  const alike = Math.max(...one.weights) - Math.min(...one.weights) < 0.02 * (sum / count)
  const times = Math.round(sum)
  if (alike && times > 1 && times < count && count % times === 0 && Math.abs(sum / times - 1) < 0.01)
    return noGo('accumulation-mis-normalised', `${times} micro-batches are added up and not divided by their number`, {
      ...shown,
      seen: `${shown.seen}: the gradient is ${times} times as long as that of the mean`,
      advice: `divide the loss of each micro-batch by their number, ${times}`,
    })
  const moved = Math.max(...one.weights.map((weight, i) => Math.abs(weight - (other.weights[i] as number))))
  const last = lastPart(one, other, order)
  if (last !== null)
    return noGo('accumulation-mis-normalised', `only the last ${last} of ${count} samples of a batch count`, {
      ...shown,
      seen: `${shown.seen}; the first ${count - last} weigh nothing, in both orders`,
      advice: 'clear gradients once for each update, not before each micro-batch',
    })
  const cut = moved > 0.02 * (sum / count) ? equalGroups(one, other, order) : null
  if (cut !== null)
    return noGo(
      'accumulation-mis-normalised',
      `a mean of ${cut} means: a micro-batch counts the same, however much it holds`,
      {
        ...shown,
        seen: `${shown.seen}; each of ${cut} parts weighs ${number(sum / cut)}, in both orders`,
        advice: 'divide the sum over all micro-batches by what the whole batch holds (words, positives)',
      },
    )
  if (distance > 10 * tolerance && moved > 0.02 * (sum / count))
    return warn('accumulation-mis-normalised', 'the place of a sample in its batch changes its weight', {
      ...shown,
      advice: 'fine where the order means something; else look at how the batch is cut into parts',
    })
  return go('every sample of a batch has its weight, in any order', shown)
}

/** Samples at the end of the batch that alone have any weight, the same each, whichever they are; null where others have. */
const lastPart = (one: Mixture, other: Mixture, order: readonly number[]): number | null => {
  const count = one.weights.length
  const placed = [one.weights, order.map((at) => other.weights[at] as number)]
  const largest = Math.max(...placed.flat().map(Math.abs))
  const counts = placed.map((weights) => weights.filter((weight) => Math.abs(weight) > 0.02 * largest).length)
  const [length = 0] = counts
  if (length === 0 || length > count / 2 || count % length !== 0 || counts.some((each) => each !== length)) return null
  return placed.every((weights) =>
    weights.slice(-length).every((weight) => Math.abs(weight - largest) < 0.02 * largest),
  )
    ? length
    : null
}

/** In how many parts of equal length both orders can be cut so that each part weighs the same; null: in none. */
const equalGroups = (one: Mixture, other: Mixture, order: readonly number[]): number | null => {
  const count = one.weights.length
  const placed = order.map((at) => other.weights[at] as number)
  const even = (weights: readonly number[], groups: number): boolean => {
    const sums = chunks([...weights], groups).map((part) => part.reduce((a, b) => a + b, 0))
    const mean = sums.reduce((a, b) => a + b, 0) / groups
    return sums.every((sum) => Math.abs(sum - mean) < 0.01 * Math.abs(mean))
  }
  const divisors = Array.from({ length: count - 2 }, (_, i) => i + 2).filter((groups) => count % groups === 0)
  return divisors.findLast((groups) => even(one.weights, groups) && even(placed, groups)) ?? null
}
