// What a project's own finished runs teach the benchmark rule: the noise between seeds, and how far behind a winner has stood.
// Not tuning: nothing is chosen to look good here; replay/ judges rules on runs that they have not seen.
import type { Direction } from '../contract/index.ts'
import { type BenchmarkConstants, isFarBehind } from './benchmark.ts'
import { type BaselineCurve, deciles, envelope, indexAt, type Profile } from './profile.ts'
import { deviation, pooled } from './spread.ts'
import { standingOf } from './standing.ts'
import { noTrack, progressOf, tracked } from './track.ts'

/** Spread of best-so-far between seeds of one config, pooled over the configs, for each decile of the budget. */
export const seedNoise = (
  direction: Direction,
  groups: readonly (readonly BaselineCurve[])[],
): readonly (number | null)[] => {
  const several = groups
    .map((group) => group.map((curve) => envelope(direction, curve)).filter((curve) => curve.length > 0))
    .filter((group) => group.length > 1)
  return Array.from({ length: deciles }, (_, i) =>
    pooled(
      several.flatMap((group) => {
        const values = group.flatMap((curve) => {
          const at = indexAt(
            curve.map((p) => p.fraction),
            (i + 0.5) / deciles,
          )
          return at < 0 ? [] : [curve[at]!.value]
        })
        const sd = deviation(values)
        return sd === null ? [] : [{ sd, freedom: values.length - 1 }]
      }),
    ),
  )
}

/** Finished runs that a project must have before its own history replaces the ramp, and winners among them. */
export const fewestFinished = 40
const fewestWinners = 10

/**
 * The lag below which one winner in `winners + 1` falls at most, by the exchangeability of runs (split conformal): the smallest
 * lag that any past winner has held for the time that a stop needs. Null where there is too little history to say.
 */
export const learnedLag = (o: {
  readonly direction: Direction
  readonly profile: Profile
  /** Best-so-far is made of them; whole runs only. */
  readonly finished: readonly BaselineCurve[]
  readonly constants: BenchmarkConstants
  /** Share of winners that may be lost. */
  readonly alpha: number
}): number | null => {
  if (o.finished.length < fewestFinished) return null
  const sign = o.direction === 'max' ? 1 : -1
  const lags = o.finished.flatMap((curve) => {
    const best = envelope(o.direction, curve).at(-1)
    const won = best !== undefined && sign * (best.value - o.profile.final.mean) >= 0
    return won ? [smallestHeldLag(o, curve)] : []
  })
  if (lags.length < fewestWinners) return null
  const rank = Math.max(1, Math.floor(o.alpha * (lags.length + 1)))
  return lags.toSorted((a, b) => a - b)[rank - 1] ?? null
}

/** 1 where the run was never behind in all other ways for that long. */
const smallestHeldLag = (
  { direction, profile, constants: c }: Parameters<typeof learnedLag>[0],
  curve: BaselineCurve,
): number => {
  let track = noTrack
  const lags = curve
    .toSorted((a, b) => a.fraction - b.fraction)
    .flatMap(({ fraction, value }) => {
      track = tracked(track, direction, fraction, value)
      const progress = fraction < c.warmUp ? null : progressOf(track, fraction)
      const s = progress === null ? null : standingOf(profile, direction, progress)
      return s === null ? [] : [{ fraction, lag: isFarBehind(profile, s, c) ? s.lag : 1 }]
    })
  let smallest = 1
  for (let i = 0; i < lags.length; i++) {
    let worst = 0
    for (let j = i; j < lags.length; j++) {
      worst = Math.max(worst, lags[j]!.lag)
      if (worst >= smallest) break
      const long = lags[j]!.fraction - lags[i]!.fraction >= c.hold.fraction - 1e-9
      if (j - i + 1 >= c.hold.evaluations && long) {
        smallest = worst
        break
      }
    }
  }
  return smallest
}
