// T2: training does not diverge at its peak learning rate, which a long warm-up would reach only after hours.
// Not whether the rate is the best one, nor whether it is too low (O5).
//
// Live steps from the start, the rate rising to its peak over ten of them instead of the run's own warm-up. A real run has more time
// to settle first, so a loss that climbs only warns; values that are no numbers, or a loss a hundred times its start, block.
// The loss of a custom task may be anything: there only values that are no numbers are told.
import type { StepRecord } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { baseRate } from './cycle.ts'
import { curveOf } from './rates.ts'
import { median } from './slope.ts'
import type { Trial } from './trial.ts'
import { wholeRun } from './whole.ts'

const rising = 10
const atPeak = 40
const seconds = 5
const fewest = 20

export const t2 = define({
  code: 'T2',
  needs: ['frozenBatch', 'reset'],
  after: ['O1', 'O3'],
  // the rates of the whole run, which need a process of their own
  heeds: ['O6'],
  costClass: 'warm',
  async run(context) {
    const { schedule } = await wholeRun(context)
    const curve = schedule && schedule.doubt === null && schedule.refused === null ? curveOf(schedule) : null
    const peak = curve && curve.peak > 0 ? curve.peak : baseRate(context)
    const at = schedule?.points.find(({ step }) => step >= (curve?.peakAt ?? 1))
    const rates = new Set(Object.values(at?.rates ?? {}).flat())
    if (rates.size > 1) return skipped('groups have rates of their own: no one rate stands for the peak')
    const { accumulate } = context.plan.run.train
    const steps = Math.min(context.plan.steps, (rising + atPeak) * accumulate)
    if (steps < fewest * accumulate)
      return skipped(`the run has ${context.plan.steps} steps: its warm-up cannot be shortened`)
    const trial = await context.at('initial')
    const records = await climbed(trial, peak, steps, accumulate)
    const found = judgePeak(context, records, peak)
    const climbs = found.status !== 'GO' && records.every(({ loss }) => Number.isFinite(loss))
    if (!climbs || context.remaining <= 0) return await after(trial, found)
    // a weight of the loss that grows with the steps lifts it at any rate
    await trial.restore('initial')
    const again = await climbed(trial, peak / 1000, records.length, accumulate)
    const [one = Number.NaN, other = Number.NaN] = [records[0]?.loss, again[0]?.loss]
    if (!(Math.abs(one - other) <= 0.01 * Math.abs(one)))
      return await after(
        trial,
        skipped('the loss hangs on something besides the state: from one state it is not the same'),
      )
    const low = judgePeak(context, again, peak / 1000)
    return await after(trial, low.status === 'GO' ? found : byItself(low, peak))
  },
})

const after = async (trial: Trial, outcome: Outcome): Promise<Outcome> => {
  await trial.restore('initial')
  return outcome
}

const byItself = ({ seen, evidence }: Outcome, peak: number): Outcome =>
  go(`the loss climbs by itself: at a thousandth of the peak rate, ${number(peak)}, too`, {
    seen: seen ?? '',
    expected: 'a loss that climbs because of the rate, to be told',
    evidence,
  })

/** Live steps up to the rate, and at it. */
const climbed = async (trial: Trial, peak: number, steps: number, accumulate: number): Promise<StepRecord[]> => {
  const records: StepRecord[] = []
  for (let i = 1; i <= rising && records.length < steps; i++)
    records.push(...(await trial.steps({ steps: accumulate, learningRate: (peak * i) / rising })))
  const began = performance.now()
  const inTime = () => performance.now() - began < 1000 * seconds || records.length < fewest * accumulate
  while (records.length < steps && inTime())
    records.push(
      ...(await trial.steps({ steps: Math.min(10 * accumulate, steps - records.length), learningRate: peak })),
    )
  return records
}

/** A step whose update a loss scaler has skipped says nothing. */
const counted = (records: readonly StepRecord[]): StepRecord[] =>
  records.filter(({ updates }) => !updates.every(({ outcome }) => outcome === 'skipped'))

export const judgePeak = (
  { facts, task }: Pick<Context, 'facts' | 'task'>,
  records: readonly StepRecord[],
  peak: number,
): Outcome => {
  const losses = counted(records).map(({ loss }) => loss)
  const start = median(losses.slice(0, 3))
  const late = losses.slice(-10)
  const end = median(late)
  const found = {
    seen: `loss ${number(start)} → ${number(end)} in ${records.length} steps, ${rising} of them up to rate ${number(peak)}`,
    expected: 'a loss that does not climb',
    where: placeOf(facts, 'optimizer', 'optimizers', 'setup'),
    evidence: { peak, start, end, steps: records.length, losses: losses.filter((_, i) => i % 5 === 0) },
    alternatives: ['learning-rate-out-of-range' as const],
    advice: 'lower the peak learning rate by ten, warm up for longer, or clip the gradients',
  }
  if (!Number.isFinite(start)) return skipped('the first losses are no numbers')
  const broken = late.filter((loss) => !Number.isFinite(loss)).length
  if (broken > late.length / 2) return noGo('diverges', 'training diverges at the peak learning rate', found)
  if (task.kind !== 'custom' && start > 0) {
    if (end > 100 * start) return noGo('diverges', 'training diverges at the peak learning rate', found)
    if (end > 3 * start) return warn('diverges', 'the loss climbs at the peak learning rate', found)
    const [first = start] = losses
    const highest = Math.max(...losses)
    // a loss that only has not begun to fall is no sign; one that was thrown up and has not come back is
    if (first > 0 && highest > 2 * first && end >= first)
      return warn('diverges', 'the peak learning rate throws the loss up, and it does not come back', {
        ...found,
        seen: `loss ${number(first)} → ${number(highest)} → ${number(end)} in ${records.length} steps, ${rising} of them up to rate ${number(peak)}`,
      })
  }
  return go(`at the peak rate, ${number(peak)}: loss ${number(start)} → ${number(end)}`, found)
}
