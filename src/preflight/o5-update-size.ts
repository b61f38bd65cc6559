// O5: the learning rate can move the weights at all: over the whole run by more than a thousandth of their size.
// Not whether the run diverges (T2), nor whether it vanishes on the way (O6).
//
// A bound, not an estimate: the largest change of any weight matrix in one update at the peak rate, relative to its size, times the
// updates that the run's rates amount to, as if every update went the same way. Where even that is under a thousandth, the run
// ends where it began. The other end: where one update moves every matrix by three times its size and the loss of the next twenty is
// thrown up and does not come back, the rate is a thousand times too high, say. Weights drawn very small are overturned, too, and learn.
// It only warns.
import { define, go, number, placeOf, skipped, warn } from './check.ts'
import { baseRate, cycle, frozenSize } from './cycle.ts'
import { curveOf } from './rates.ts'
import { median } from './slope.ts'
import type { Trial } from './trial.ts'
import { wholeRun } from './whole.ts'

const least = 1e-3
/** Of its own size, in one update: what was drawn at the start is forgotten at once. */
const overturned = 3
const few = 20

export const o5 = define({
  code: 'O5',
  needs: ['gradients', 'frozenBatch', 'reset'],
  after: ['O1'],
  // the rates of the whole run, which need a process of their own
  heeds: ['O6'],
  costClass: 'warm',
  async run(context) {
    const { schedule } = await wholeRun(context)
    const curve = schedule && schedule.doubt === null && schedule.refused === null ? curveOf(schedule) : null
    const peak = curve && curve.peak > 0 ? curve.peak : baseRate(context)
    const { steps } = context.plan
    const share =
      curve && curve.peak > 0
        ? curve.points.reduce((sum, { rate }) => sum + rate, 0) / curve.points.length / curve.peak
        : 1
    const trial = await context.at('initial')
    const made = await cycle(context, trial, {
      batch: { frozen: frozenSize(context) },
      learningRate: peak,
      regularisation: false,
    })
    await trial.restore('initial')
    if (made === null) return skipped('no update was made in 64 steps')
    const updates = (share * steps) / made.records.length
    const matrices = new Set(
      context.facts.tensors
        .filter(({ kind, shape }) => kind === 'parameter' && shape.length > 1)
        .map(({ name }) => name),
    )
    const relative = new Map<string, number>()
    for (const { parameters } of made.records)
      for (const [name, { change, norm }] of Object.entries(parameters ?? {}))
        if (matrices.has(name) && norm > 0) relative.set(name, Math.max(relative.get(name) ?? 0, change / norm))
    const largest = Math.max(0, ...relative.values())
    if (largest === 0) return skipped('no weight matrix moves in one update')
    const bound = largest * updates
    const found = {
      seen: `at rate ${number(peak)} an update moves a weight matrix by ${number(largest)} of its size at most; ${number(Number(updates.toPrecision(3)))} updates' worth: ${number(bound)}`,
      expected: `more than ${least} of its size over the run`,
      evidence: { peak, largest, updates, bound },
    }
    if (bound < least)
      return warn('learning-rate-out-of-range', 'the learning rate is too low to move the weights', {
        ...found,
        where: placeOf(context.facts, 'optimizer', 'optimizers', 'setup'),
        alternatives: ['learning-rate-vanishes'],
        advice: 'raise the learning rate by a factor of a thousand, and see what O4 and T2 say',
      })
    const smallest = Math.min(...relative.values())
    const thrown =
      relative.size > 1 && smallest > overturned ? await thrownUp(await context.at('initial'), peak, steps) : null
    await trial.restore('initial')
    if (thrown)
      return warn('learning-rate-out-of-range', 'one update at the peak rate overturns every weight matrix', {
        seen: `at rate ${number(peak)} an update moves each weight matrix by ${number(smallest)} of its size or more, and the loss goes ${number(thrown.first)} → ${number(thrown.highest)} → ${number(thrown.end)}`,
        expected: `less than ${overturned} times its size, or a loss that falls`,
        where: placeOf(context.facts, 'optimizer', 'optimizers', 'setup'),
        evidence: { peak, smallest, largest, updates, bound, ...thrown },
        alternatives: ['diverges'],
        advice: 'lower the learning rate by a factor of a thousand, and see what T2 says',
      })
    return go(`an update at the peak rate moves a weight matrix by up to ${number(largest)} of its size`, found)
  },
})

/** Live steps at the rate: null where the loss is not thrown up, or comes back. */
const thrownUp = async (trial: Trial, rate: number, steps: number) => {
  const records = await trial.steps({ steps: Math.min(few, steps), learningRate: rate })
  const losses = records.map(({ loss }) => loss)
  const [first = 0] = losses
  const [highest, end] = [Math.max(...losses), median(losses.slice(-5))]
  return losses.length >= 10 && highest > first + 2 * Math.abs(first) && end > first ? { first, highest, end } : null
}
