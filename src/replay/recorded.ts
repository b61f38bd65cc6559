// A recorded run as replay takes it: evaluations over the fraction of its budget, and what it may be compared with.
// Not a file format: read-*.ts make these from files.
import type { Direction } from '../contract/index.ts'
import { type BaselineCurve, type BaselinePoint, envelope } from '../decide/index.ts'

export type Recorded = {
  /** Held out together: a rule is never judged on a family that it was tuned on. */
  readonly family: string
  /** Runs of one workload ask the same question, and are compared. */
  readonly workload: string
  /** Who made the run: a submission, a sweep, a branch. */
  readonly group: string
  /** What was run: with `group`, the same for reruns of one configuration. */
  readonly config: string
  /** Which repetition: a seed, a tuning study. */
  readonly study: string
  /** Kind of learning-rate schedule; null where nobody says. The rule stops no run for a benchmark of another kind. */
  readonly schedule: string | null
  readonly direction: Direction
  /** In order of budget. */
  readonly curve: BaselineCurve
  /** Best-so-far at each improvement. */
  readonly best: BaselineCurve
  /** Fraction of the budget at which it ended. */
  readonly end: number
  /** Best value of the whole run. */
  readonly final: number
}

/** Null where no value is finite. `budget`: the planned end, in the units of `x`. */
export const recorded = (
  about: Omit<Recorded, 'curve' | 'best' | 'end' | 'final'>,
  points: readonly (readonly [x: number, value: number])[],
  budget: number,
): Recorded | null => {
  const curve = points
    .map(([x, value]): BaselinePoint => ({ fraction: x / budget, value }))
    .filter(({ fraction }) => Number.isFinite(fraction))
    .sort((a, b) => a.fraction - b.fraction)
  const best = envelope(about.direction, curve)
  const last = best.at(-1)
  return last === undefined
    ? null
    : { ...about, curve, best, end: (curve.at(-1) as BaselinePoint).fraction, final: last.value }
}

/** Whether `a` is at least as good as `b`. */
export const asGood = (direction: Direction, a: number, b: number): boolean => (direction === 'max' ? a >= b : a <= b)
