// The benchmark as a rule compares with it: several seeds' curves → mean of best-so-far and noise, by fraction of the budget.
// Not the curves' reader, and no verdict: standing.ts says where a run stands against it.
import type { Metric } from '../contract/index.ts'
import { better } from './best.ts'
import { deviation, mean, pooled } from './spread.ts'

/** An evaluation of an earlier run: share of ITS budget, and its value then. */
export type BaselinePoint = { readonly fraction: number; readonly value: number }
export type BaselineCurve = readonly BaselinePoint[]

export const deciles = 10
/** 0 … 9; what lies past the end of the budget is the end's. */
export const decileOf = (fraction: number): number =>
  Math.max(0, Math.min(deciles - 1, Math.floor(fraction * deciles - 1e-9)))

export type Profile = {
  readonly seeds: number
  /** Rising; from the first fraction at which every seed has a value. */
  readonly fractions: readonly number[]
  /** Mean over the seeds of best-so-far. */
  readonly means: readonly number[]
  /** Standard deviation to measure gaps by, a value for each decile of the budget; null where nothing tells it. */
  readonly noise: readonly (number | null)[]
  /**
   * The benchmark's own hardest moment: the highest pace that it still had to find, as {@link paceOf} counts it. A rate that falls
   * at the end makes it well above 1, and whoever is to be compared will need as much.
   */
  readonly hardest: number
  /** Mean and spread of the seeds' best values of the whole run. */
  readonly final: { readonly mean: number; readonly sd: number | null }
}

/** Best-so-far at each improvement, in order of budget; values that are not finite are left out. */
export const envelope = (direction: Metric['direction'], curve: BaselineCurve): BaselineCurve => {
  const rising: BaselinePoint[] = []
  for (const point of curve.toSorted((a, b) => a.fraction - b.fraction)) {
    const last = rising.at(-1)
    if (!Number.isFinite(point.value) || !Number.isFinite(point.fraction)) continue
    if (last === undefined || better(direction, point.value, last.value)) rising.push(point)
  }
  return rising
}

/** Index of the last fraction that is not after `x`, −1 where all are. A quotient of whole steps: 1e-9 forgives its rounding. */
export const indexAt = (fractions: readonly number[], x: number): number => {
  let [low, high] = [0, fractions.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((fractions[middle] as number) <= x + 1e-9) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Mean of the seeds' best-so-far at a fraction of the budget; null before the first. */
export const meanAt = (profile: Profile, x: number): number | null =>
  profile.means[indexAt(profile.fractions, x)] ?? null

/**
 * How many times faster than in the second half of its past a curve must improve to gain `missing` until the end; infinite
 * where it `gained` nothing in that half.
 */
export const paceOf = (fraction: number, missing: number, gained: number): number => {
  const left = Math.max(0, 1 - fraction)
  if (missing <= 0) return 0
  return gained <= 0 || left <= 0 ? Number.POSITIVE_INFINITY : missing / left / (gained / (fraction / 2))
}

/** Where the hardest moment is looked for: not in the first steps, nor in the last, where a hair is an endless pace. */
const moments = Array.from({ length: 71 }, (_, i) => (15 + i) / 100)

const hardestOf = (direction: Metric['direction'], fractions: readonly number[], means: readonly number[]): number => {
  const sign = direction === 'max' ? 1 : -1
  const final = means.at(-1) as number
  return moments.reduce((hardest, x) => {
    const [now, half] = [means[indexAt(fractions, x)], means[indexAt(fractions, x / 2)]]
    if (now === undefined || half === undefined) return hardest
    return Math.max(hardest, paceOf(x, sign * (final - now), sign * (now - half)))
  }, 0)
}

const valueAt = (curve: BaselineCurve, fractions: readonly number[], x: number): number =>
  (curve[indexAt(fractions, x)] as BaselinePoint).value

/**
 * Noise of each decile of the budget: the largest of the seeds' own spread in it, their spread at the end, and the
 * project's. A gap smaller than what seeds differ by at the end decides nothing, however close the curves run before.
 */
const noiseOf = (
  at: readonly { readonly fraction: number; readonly sd: number | null }[],
  final: number | null,
  project: readonly (number | null)[] | null,
): (number | null)[] =>
  Array.from({ length: deciles }, (_, i) => {
    const here = at.flatMap(({ fraction, sd }) => (sd !== null && decileOf(fraction) === i ? [{ sd, freedom: 1 }] : []))
    const known = [pooled(here), final, project?.[i] ?? null].filter((v) => v !== null)
    return known.length === 0 ? null : Math.max(...known)
  })

/**
 * Null where no seed has a finite value. `project`: the spread between seeds of the same config elsewhere in the project, by
 * decile; with it even one seed can be a benchmark.
 *
 * @example profileOf({ direction: 'max', curves: [[{ fraction: 1, value: 0.9 }], [{ fraction: 1, value: 0.91 }]] })
 */
export const profileOf = (o: {
  readonly direction: Metric['direction']
  readonly curves: readonly BaselineCurve[]
  readonly project?: readonly (number | null)[] | null
}): Profile | null => {
  const seeds = o.curves.map((curve) => envelope(o.direction, curve)).filter((curve) => curve.length > 0)
  if (seeds.length === 0) return null
  const own = seeds.map((curve) => curve.map((p) => p.fraction))
  const start = Math.max(...own.map((fractions) => fractions[0] as number))
  const fractions = [...new Set([start, ...own.flat().filter((f) => f > start)])].sort((a, b) => a - b)
  const at = fractions.map((fraction) => {
    const values = seeds.map((curve, i) => valueAt(curve, own[i] as number[], fraction))
    return { fraction, mean: mean(values), sd: deviation(values) }
  })
  const ends = seeds.map((curve) => (curve.at(-1) as BaselinePoint).value)
  const final = { mean: mean(ends), sd: deviation(ends) }
  // spread at the deciles' middles too: a decile in which no seed improves has noise all the same
  const middles = Array.from({ length: deciles }, (_, i) => (i + 0.5) / deciles)
    .filter((fraction) => fraction >= start)
    .map((fraction) => ({
      fraction,
      sd: deviation(seeds.map((curve, i) => valueAt(curve, own[i] as number[], fraction))),
    }))
  return {
    seeds: seeds.length,
    fractions,
    means: at.map((a) => a.mean),
    hardest: hardestOf(
      o.direction,
      fractions,
      at.map((a) => a.mean),
    ),
    noise: noiseOf([...at, ...middles], final.sd, o.project ?? null),
    final,
  }
}
