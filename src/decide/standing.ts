// Where a run stands against the benchmark at one evaluation: gap in units of noise, lag, and the pace it would have to keep.
// Numbers alone: what they must be for a stop, and for how long, is benchmark.ts's to say.
import type { Direction } from '../contract/index.ts'
import { better } from './best.ts'
import { decileOf, indexAt, type Profile, paceOf } from './profile.ts'
import type { Progress } from './track.ts'

export type Standing = {
  /** Fraction of the budget that is used. */
  readonly fraction: number
  /** The run's best so far, and the mean of the benchmark's. */
  readonly value: number
  readonly baseline: number
  /** How much worse than the benchmark; negative where it is better. */
  readonly gap: number
  /** Standard deviation between seeds here; null where nothing tells it. */
  readonly noise: number | null
  /** Where the benchmark first was as good; null where it never was. */
  readonly reachedAt: number | null
  /** reachedAt / fraction: 0.3 means that the benchmark needed 30% of what this run has used. 1 where the run is not behind. */
  readonly lag: number
  /**
   * How many times faster than in the second half of its past it would have to improve, from now to the end, to end where
   * the benchmark ended. Infinity where it did not improve at all. 0 where it is there already.
   */
  readonly pace: number
  /** How much better the benchmark ended than this run's best so far; negative where it is past that. */
  readonly missing: number
  /** The gap over what the benchmark still gained from here to its end: above 1 it is more than all of that. */
  readonly remaining: number
  /** Mean change between its last evaluations over the gap: a run that swings this much may close it in one. */
  readonly swing: number
}

/** First index at which the benchmark was at least as good as `value`; its means are best-so-far, so they only improve. */
const reachedIndex = (profile: Profile, direction: Direction, value: number): number => {
  let [low, high] = [0, profile.means.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (better(direction, value, profile.means[middle] as number)) low = middle + 1
    else high = middle
  }
  return low
}

/** Null before the benchmark's first point. */
export const standingOf = (profile: Profile, direction: Direction, at: Progress): Standing | null => {
  const here = indexAt(profile.fractions, at.fraction)
  if (here < 0) return null
  const sign = direction === 'max' ? 1 : -1
  const baseline = profile.means[here] as number
  const gap = sign * (baseline - at.value)
  const reached = profile.fractions[reachedIndex(profile, direction, at.value)]
  const lag =
    gap <= 0 || reached === undefined
      ? 1
      : // worse than the benchmark's first point: it has not come anywhere yet
        sign * ((profile.means[0] as number) - at.value) > 0
        ? 0
        : Math.min(1, reached / at.fraction)
  const missing = sign * (profile.final.mean - at.value)
  const pace = paceOf(at.fraction, missing, at.half === null ? 0 : sign * (at.value - at.half))
  const noise = profile.noise[decileOf(at.fraction)] ?? null
  // a benchmark that stands still gains nothing more: noise keeps the quotient finite
  const gains = Math.max(sign * (profile.final.mean - baseline), 1e-3 * (noise ?? 0), Number.MIN_VALUE)
  return {
    fraction: at.fraction,
    value: at.value,
    baseline,
    gap,
    noise,
    reachedAt: reached ?? null,
    lag,
    pace,
    missing,
    remaining: gap <= 0 ? 0 : gap / gains,
    swing: gap <= 0 ? Number.POSITIVE_INFINITY : at.change / gap,
  }
}
