// O8: gradients and optimizer state stay finite, and the loss of a classifier survives large logits.
// Not whether training diverges later (T2).
//
// A few real steps, observed. An overflow that a loss scaler has skipped is its job, and counts only where no update ever comes.
// Then the logits are driven up by single steps at growing rates, and the loss is read with the labels shuffled: log-softmax stays
// finite for as long as its inputs are, a cross-entropy written by hand (the log of a softmax, an exp of a logit) turns infinite or
// NaN near ±88 to ±104, where exp() in float32 ends. NO-GO only where the outputs at that point are finite and the loss is not.
import type { Facts, StepRecord } from '../contract/index.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, placeOfTensor, plural, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { baseRate, cycle, frozenSize } from './cycle.ts'
import { outputsOf } from './outputs.ts'
import { arithmeticOf } from './rounding.ts'
import type { Trial } from './trial.ts'

/** A mean loss that log-softmax gives without effort, and that no cross-entropy through exp() in float32 reaches. */
const far = 300
const climbs = 14
const halvings = 8

export const o8 = define({
  code: 'O8',
  needs: ['gradients', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const trial = await context.at('initial')
    const made = await cycle(context, trial, {})
    const records = [...(made?.records ?? [])]
    // a schedule of the program's own may end with the run
    const more = Math.min(2 * records.length, context.plan.steps - records.length)
    if (made !== null && more > 0) records.push(...(await trial.steps({ steps: more, observe: true })))
    const fault = made === null ? neverFinite(context.facts) : notFinite(context.facts, records)
    if (fault) return fault
    const high = await extreme(context, trial)
    await trial.restore('initial')
    if (high?.overflows) return overflows(context.facts, high)
    const steps = plural(records.length, 'step')
    const reach = high === null ? '' : `; the loss stays finite up to ${number(high.highest)}`
    return go(`gradients and optimizer state are finite${reach}`, {
      seen: `0 values that are no numbers in ${steps}${reach}`,
      expected: 'finite gradients, optimizer state and loss',
      evidence: { steps: records.length, highestLoss: high?.highest ?? null },
    })
  },
})

const neverFinite = (facts: Facts): Outcome =>
  facts.optimizers.length === 0
    ? skipped('there is no optimizer')
    : warn('gradient-not-finite', 'no update was made in 64 steps', {
        seen: '0 updates applied: the loss scaler skips each one, or the program accumulates for longer',
        expected: 'an update',
        where: placeOf(facts, 'train_step', 'loss', 'setup'),
        advice: 'look for an overflow in the loss: it is multiplied by the loss scale',
      })

/** A step that applied what is no number; null where all of them are fine. */
export const notFinite = (facts: Facts, records: readonly StepRecord[]): Outcome | null => {
  for (const { step, loss, updates, nonFinite, parameters } of records) {
    if (!updates.some(({ outcome }) => outcome === 'applied')) continue
    const bad = Object.entries(parameters ?? {}).filter(
      ([, { gradient, clipped }]) => !Number.isFinite(gradient ?? 0) && !Number.isFinite(clipped ?? Number.NaN),
    )
    const names = bad.map(([name]) => name)
    const evidence = { step, loss, gradients: nonFinite?.gradients ?? 0, optimizer: nonFinite?.optimizer ?? 0, names }
    const found = {
      expected: 'finite gradients and optimizer state wherever an update is applied',
      where: placeOfTensor(facts, names[0]),
      evidence,
    }
    if ((nonFinite?.gradients ?? 0) > 0 && bad.length > 0)
      return noGo('gradient-not-finite', `step ${step} applies gradients that are no numbers`, {
        ...found,
        seen: `${nonFinite?.gradients} NaN or infinite elements in the gradients of ${list(names)}; loss ${number(loss)}`,
        alternatives: Number.isFinite(loss) ? [] : ['loss-not-finite'],
        advice: Number.isFinite(loss)
          ? 'look for sqrt or norm at zero, a division by zero, or where() with NaN in the branch not taken'
          : 'look for a log of zero, a division by zero, or NaN in the inputs',
      })
    const broken = Object.entries(parameters ?? {}).filter(([, { change }]) => !Number.isFinite(change))
    if ((nonFinite?.optimizer ?? 0) > 0)
      return (broken.length > 0 ? noGo : warn)(
        'optimizer-state-not-finite',
        `optimizer state holds values that are no numbers after step ${step}`,
        {
          ...found,
          seen: `${nonFinite?.optimizer} NaN or infinite elements; gradients are finite`,
          advice: 'look at eps and betas of the optimizer, and at what its state is kept in',
        },
      )
  }
  return null
}

type Extreme = {
  /** Largest finite loss that was seen. */
  readonly highest: number
  /** The loss was no number while every output was one. */
  readonly overflows: boolean
  readonly loss: number
  /** Largest magnitude of an output there. */
  readonly largest: number
  readonly rate: number
}

/** Drives the logits up; null where that says nothing about the loss. */
const extreme = async (context: Context, trial: Trial): Promise<Extreme | null> => {
  const { task } = context
  const usable = context.can('perSample') && context.can('corrupt') && context.can('frozenBatch')
  const fine = ['float32', 'float64'].includes(arithmeticOf(context.facts))
  if (task.kind !== 'classification' || !usable || !fine) return null
  const batch = { frozen: frozenSize(context) }
  const deadline = performance.now() + 1000 * Math.min(5, Math.max(0, context.remaining))
  const lossAt = async (rate: number): Promise<number> => {
    await trial.restore('initial')
    const quiet = { batch, regularisation: false, learningRate: rate }
    await cycle(context, trial, quiet)
    const hold = context.can('suppressUpdates') ? { updates: 'suppressed' as const } : { learningRate: 0 }
    const corrupt = { kind: 'labelsShuffled' as const, seed: 1 }
    return (await trial.steps({ ...quiet, ...hold, corrupt, steps: 1 }))[0]?.loss ?? Number.NaN
  }
  let highest = 0
  let [low, high] = [0, baseRate(context)]
  let loss = 0
  for (let i = 0; i < climbs; i++) {
    loss = await lossAt(high)
    if (!Number.isFinite(loss)) break
    highest = Math.max(highest, Math.abs(loss))
    if (highest > far || performance.now() > deadline) break
    ;[low, high] = [high, 8 * high]
  }
  const calm = { highest, overflows: false, loss, largest: Number.NaN, rate: high }
  if (Number.isFinite(loss)) return calm
  for (let i = 0; i < halvings && highest <= far && performance.now() < deadline; i++) {
    const middle = low === 0 ? high / 8 : Math.sqrt(low * high)
    const there = await lossAt(middle)
    if (Number.isFinite(there)) {
      highest = Math.max(highest, Math.abs(there))
      low = middle
    } else [high, loss] = [middle, there]
  }
  if (highest > far) return calm
  await lossAt(high)
  const { perSample } = await trial.evaluate({ perSample: true, limit: 100 })
  const values = perSample ? outputsOf(perSample).values : new Float32Array(0)
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  // exp() ends where logits are ±88, or the logarithm of a probability begins; capped ones never get there, and something else overflows
  const telling = largest > 40 || values.every((value: number) => value >= 0 && value <= 1)
  const finite =
    telling && values.length > 0 && values.every((value: number) => Number.isFinite(value)) && largest < 1e6
  return { highest, overflows: finite, loss, largest, rate: high }
}

const overflows = (facts: Facts, { highest, loss, largest, rate }: Extreme): Outcome =>
  noGo('loss-overflows', 'the loss is no number where the outputs are finite', {
    seen: `outputs up to ±${number(largest)}: loss ${number(loss)}; the largest loss that was still a number is ${number(highest)}`,
    expected: `a loss that grows with its outputs, as log-softmax does far beyond ${far}`,
    where: placeOf(facts, 'loss', 'train_step', 'model', 'setup'),
    evidence: { largestOutput: largest, loss, highestLoss: highest, rate },
    alternatives: ['loss-not-finite'],
    advice: 'compute cross-entropy from logits: cross_entropy or log_softmax, not the log of a softmax',
  })
