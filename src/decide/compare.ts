// Two sets of seeds against each other: difference, interval, probability of superiority, how many more seeds would settle it.
// Not a stopping rule: "better than the benchmark" is said of final values over seeds, never of one run in its course.
import type { Direction } from '../contract/index.ts'
import { mean, studentQuantile, variance } from './spread.ts'

export type SeedComparison = {
  readonly a: { readonly mean: number; readonly sd: number | null; readonly n: number }
  readonly b: { readonly mean: number; readonly sd: number | null; readonly n: number }
  /** How much better b is: positive is better, whatever the direction. */
  readonly difference: number
  /** 95%; null where neither side has two seeds. */
  readonly interval: readonly [number, number] | null
  /** How the interval was made. */
  readonly method: 'Welch' | 'one seed against several, equal spread assumed' | 'none'
  /** Hedges' g: the difference in pooled standard deviations, corrected for few seeds; null without a spread. */
  readonly effect: number | null
  /** Share of pairs of seeds in which b is better; ties count half. */
  readonly superiority: number
  readonly verdict: 'better' | 'worse' | 'undecided'
  /** Seeds that each side would need for an interval that leaves out 0, at this difference and spread; null where decided or hopeless. */
  readonly seedsNeeded: number | null
}

const side = (values: readonly number[]) => ({
  mean: mean(values),
  sd: values.length > 1 ? Math.sqrt(variance(values)) : null,
  n: values.length,
})

type Spread = { readonly error: number; readonly freedom: number; readonly method: SeedComparison['method'] }

/** Welch (1947), with Satterthwaite's degrees of freedom; with one seed on a side, the other's spread for both. */
const spreadOf = (a: readonly number[], b: readonly number[]): Spread | null => {
  if (a.length > 1 && b.length > 1) {
    const [va, vb] = [variance(a) / a.length, variance(b) / b.length]
    const error = Math.sqrt(va + vb)
    const freedom =
      va + vb === 0 ? a.length + b.length - 2 : (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1))
    return { error, freedom, method: 'Welch' }
  }
  const several = a.length > 1 ? a : b
  if (several.length < 2) return null
  const error = Math.sqrt(variance(several) * (1 / a.length + 1 / b.length))
  return { error, freedom: several.length - 1, method: 'one seed against several, equal spread assumed' }
}

const mostSeeds = 1000

/** Fewest seeds a side at which the interval around this difference leaves out 0. */
const needed = (difference: number, a: readonly number[], b: readonly number[]): number | null => {
  const several = [a, b].filter((values) => values.length > 1)
  if (several.length === 0 || difference === 0) return null
  const each = several.reduce((sum, values) => sum + variance(values), 0) / several.length
  for (let n = 2; n <= mostSeeds; n++)
    if (studentQuantile(0.95, 2 * n - 2) * Math.sqrt((2 * each) / n) < Math.abs(difference)) return n
  return null
}

/**
 * `b` against `a`, by the best value of each seed.
 *
 * @example compareSeeds('max', [0.98, 0.981, 0.979], [0.985, 0.986, 0.984]).verdict // 'better'
 */
export const compareSeeds = (direction: Direction, a: readonly number[], b: readonly number[]): SeedComparison => {
  const sign = direction === 'max' ? 1 : -1
  const difference = sign * (mean(b) - mean(a))
  const spread = spreadOf(a, b)
  const pairs = a.flatMap((x) => b.map((y) => (x === y ? 0.5 : sign * (y - x) > 0 ? 1 : 0)))
  const about = { a: side(a), b: side(b), difference, superiority: mean(pairs) }
  if (spread === null)
    return { ...about, interval: null, method: 'none', effect: null, verdict: 'undecided', seedsNeeded: null }
  const reach = studentQuantile(0.95, spread.freedom) * spread.error
  const interval = [difference - reach, difference + reach] as const
  const verdict = interval[0] > 0 ? 'better' : interval[1] < 0 ? 'worse' : 'undecided'
  return {
    ...about,
    interval,
    method: spread.method,
    effect: effectOf(difference, a, b),
    verdict,
    seedsNeeded: verdict === 'undecided' ? needed(difference, a, b) : null,
  }
}

const effectOf = (difference: number, a: readonly number[], b: readonly number[]): number | null => {
  const freedom = a.length + b.length - 2
  const sum = [a, b].reduce((total, v) => total + (v.length > 1 ? (v.length - 1) * variance(v) : 0), 0)
  if (freedom < 1 || sum === 0) return null
  return (difference / Math.sqrt(sum / freedom)) * (1 - 3 / (4 * freedom - 1))
}
