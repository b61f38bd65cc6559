// The rules that others use, as judges of recorded runs: what gonogo's rule is compared with.
// Not offered for runs: docs/stopping.md shows what they cost.
import { indexAt, meanAt } from '../decide/index.ts'
import type { Judge } from './outcome.ts'
import { asGood, type Recorded } from './recorded.ts'

/** First evaluation from `from` on at which `fails` has held for `hold` of the budget without a break. */
const firstHeld = (run: Recorded, from: number, hold: number, fails: (i: number) => boolean): number | null => {
  let since: number | null = null
  for (const [i, { fraction }] of run.curve.entries()) {
    if (fraction < from) continue
    if (!fails(i)) {
      since = null
      continue
    }
    since ??= fraction
    if (fraction - since >= hold - 1e-9) return fraction
  }
  return null
}

const worse = (run: Recorded, a: number, b: number): boolean => !asGood(run.direction, a, b)

/** Best so far at fraction `x`; NaN before the first finite value. */
const bestAt = (run: Recorded, x: number): number =>
  run.best[
    indexAt(
      run.best.map(({ fraction }) => fraction),
      x,
    )
  ]?.value ?? Number.NaN

/** "Worse than the baseline at this step": the last value against the mean of the seeds' best-so-far. */
export const plain =
  (from: number, hold = 0): Judge =>
  ({ profile }, { run }) =>
    firstHeld(run, from, hold, (i) => {
      const { fraction, value } = run.curve[i]!
      const theirs = meanAt(profile, fraction)
      return theirs !== null && worse(run, Number.isFinite(value) ? value : worst(run), theirs)
    })

const worst = (run: Recorded): number => (run.direction === 'max' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)

/** Best-so-far below the worst seed by `z` standard deviations of the seeds at that point. */
export const belowWorstSeed =
  (z: number, from: number, hold: number): Judge =>
  ({ seeds }, { run }) =>
    firstHeld(run, from, hold, (i) => {
      const { fraction } = run.curve[i]!
      const values = seeds.map((seed) => bestAt(seed, fraction))
      if (values.some(Number.isNaN)) return false
      const middle = values.reduce((a, b) => a + b, 0) / values.length
      const sd = Math.sqrt(values.reduce((s, v) => s + (v - middle) ** 2, 0) / (values.length - 1))
      const sign = run.direction === 'max' ? 1 : -1
      const floor = Math.min(...values.map((v) => sign * v)) - z * sd
      return sign * bestAt(run, fraction) < floor
    })

/** Keras' EarlyStopping: so many evaluations without a gain of more than `minDelta`. Knows no baseline. */
export const patienceOf =
  (evaluations: number, minDelta = 0): Judge =>
  (_, { run }) => {
    const sign = run.direction === 'max' ? 1 : -1
    let best = Number.NEGATIVE_INFINITY
    let without = 0
    for (const { fraction, value } of run.curve) {
      if (sign * value > best + minDelta) {
        best = sign * value
        without = 0
        continue
      }
      without += 1
      if (without >= evaluations) return fraction
    }
    return null
  }

/** Running mean of a curve's finite values up to `x`; NaN before the first. */
const runningMeans = (run: Recorded): readonly number[] => {
  let [sum, n] = [0, 0]
  return run.curve.map(({ value }) => {
    if (Number.isFinite(value)) [sum, n] = [sum + value, n + 1]
    return n > 0 ? sum / n : Number.NaN
  })
}

/** Points of the budget at which a field is looked at: finer than any of its runs is evaluated. */
const cells = 400

/** Sorted values of all runs of a field at each point of the budget, worst first. Made once for a field. */
const sortedField = (field: readonly Recorded[], valuesOf: (run: Recorded) => readonly number[]) => {
  const at: number[][] = Array.from({ length: cells + 1 }, () => [])
  for (const run of field) {
    const values = valuesOf(run)
    const sign = run.direction === 'max' ? 1 : -1
    let i = -1
    for (let cell = 0; cell <= cells; cell++) {
      while (i + 1 < run.curve.length && run.curve[i + 1]!.fraction <= cell / cells + 1e-9) i += 1
      const value = sign * (values[i] ?? Number.NaN)
      if (Number.isFinite(value)) at[cell]!.push(value)
    }
  }
  for (const values of at) values.sort((a, b) => a - b)
  return at
}

const kept = <T>(make: (field: readonly Recorded[]) => T) => {
  const made = new WeakMap<readonly Recorded[], T>()
  return (field: readonly Recorded[]): T => {
    const before = made.get(field)
    if (before !== undefined) return before
    const now = make(field)
    made.set(field, now)
    return now
  }
}
const meansOf = kept((field) => sortedField(field, runningMeans))
const bestsOf = kept((field) => sortedField(field, (run) => run.curve.map(({ fraction }) => bestAt(run, fraction))))

/** Vizier's median rule (Golovin et al. 2017): best-so-far below the median of the other runs' running means. */
export const medianRule =
  (from: number): Judge =>
  ({ field }, { run }) => {
    const sign = run.direction === 'max' ? 1 : -1
    const own = runningMeans(run)
    return firstHeld(run, from, 0, (i) => {
      const { fraction } = run.curve[i]!
      const values = meansOf(field)[Math.min(cells, Math.floor(fraction * cells + 1e-9))]!
      // the run itself is in the field: one value less, on its own side
      const n = values.length - 1
      if (n < 1) return false
      const middle = n >> 1
      const median = values[sign * own[i]! <= values[middle]! ? middle + 1 : middle]!
      return sign * bestAt(run, fraction) < median
    })
  }

/** Successive halving as ASHA promotes: at each rung only the best 1/η of all runs go on. It looks for the one best run. */
export const halving =
  (eta: number, rungs: readonly number[]): Judge =>
  ({ field }, { run }) => {
    const sign = run.direction === 'max' ? 1 : -1
    for (const rung of rungs) {
      if (run.end < rung) return null
      const own = sign * bestAt(run, rung)
      const values = bestsOf(field)[Math.floor(rung * cells + 1e-9)]!
      const goOn = Math.max(1, Math.floor(values.length / eta))
      if (!(own >= (values.at(-goOn) ?? Number.NEGATIVE_INFINITY))) return rung
    }
    return null
  }
