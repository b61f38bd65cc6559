// What a project's own finished runs teach the benchmark rule: the noise between seeds, and how far behind a winner has stood.
// Not tuning: nothing is chosen to look good here; replay/ judges rules on runs that they have not seen.
import type { Direction } from '../contract/index.ts'
import { type BenchmarkConstants, hardshipOf, isFarBehind, isFarFromEnd } from './benchmark.ts'
import { type BaselineCurve, deciles, envelope, indexAt, type Profile } from './profile.ts'
import { deviation, pooled } from './spread.ts'
import { type Standing, standingOf } from './standing.ts'
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

export type Learned = {
  /** Replaces the ramp: no past winner stood further back, for as long as a stop needs. */
  readonly lag: number | null
  /** Raises `short.pace`: no past winner had to speed up by more, for as long as a stop needs. */
  readonly pace: number | null
}

/**
 * The lag below which, and the hardship above which, one winner in `winners + 1` falls at most, by the exchangeability of runs
 * (split conformal). Null where there is too little history to say.
 */
export const learned = (o: {
  readonly direction: Direction
  readonly profile: Profile
  /** Best-so-far is made of them; whole runs only. */
  readonly finished: readonly BaselineCurve[]
  readonly constants: BenchmarkConstants
  /** Share of winners that may be lost. */
  readonly alpha: number
}): Learned => {
  const untold = { lag: null, pace: null }
  if (o.finished.length < fewestFinished) return untold
  const sign = o.direction === 'max' ? 1 : -1
  const winners = o.finished.filter((curve) => {
    const best = envelope(o.direction, curve).at(-1)
    return best !== undefined && sign * (best.value - o.profile.final.mean) >= 0
  })
  if (winners.length < fewestWinners) return untold
  const rank = Math.max(1, Math.floor(o.alpha * (winners.length + 1)))
  const { profile, constants } = o
  const atRank = (severity: Severity): number =>
    winners.map((curve) => worstHeld(o, curve, severity)).toSorted((a, b) => b - a)[rank - 1] as number
  const lag = Math.min(1, -atRank((s) => (isFarBehind(profile, s, constants) ? -s.lag : nothing)))
  // evaluations that are hopeless by the learned lag may be part of a hold that falling short completes
  const pace = atRank((s) => {
    if (s.lag < lag && isFarBehind(profile, s, constants)) return Number.POSITIVE_INFINITY
    return isFarFromEnd(profile, s, constants) ? hardshipOf(profile, s) : nothing
  })
  return { lag, pace: Math.max(0, pace) }
}

/** How bad a standing is. */
type Severity = (s: Standing) => number

/** The severity of a standing of which there is nothing to say. */
const nothing = Number.NEGATIVE_INFINITY

/** The severity that this run has kept up for as long as a stop needs. */
const worstHeld = (
  { direction, profile, constants: c }: Parameters<typeof learned>[0],
  curve: BaselineCurve,
  severity: Severity,
): number => {
  let track = noTrack
  const stands = curve
    .toSorted((a, b) => a.fraction - b.fraction)
    .flatMap(({ fraction, value }) => {
      track = tracked(track, direction, fraction, value)
      const progress = fraction < c.warmUp ? null : progressOf(track, fraction)
      const s = progress === null ? null : standingOf(profile, direction, progress)
      return s === null ? [] : [{ fraction, severity: severity(s) }]
    })
  let worst = nothing
  for (const [i, from] of stands.entries()) {
    let least = Number.POSITIVE_INFINITY
    for (let j = i; j < stands.length; j++) {
      const here = stands[j]!
      least = Math.min(least, here.severity)
      if (least <= worst) break
      if (j - i + 1 >= c.hold.evaluations && here.fraction - from.fraction >= c.hold.fraction - 1e-9) {
        worst = least
        break
      }
    }
  }
  return worst
}
