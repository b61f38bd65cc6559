// Shared by the ways that were tried: how bad a run stands at each evaluation, and what of it lasts for as long as our rule asks.
// Not a rule: each way says what bad means, and from how bad on it stops.
import { type Candidate, type Judge, pathOf, type Trial } from '../../src/replay/index.ts'

type Stand = ReturnType<typeof pathOf>[number]
type Standing = NonNullable<Stand['standing']>
export type Point = { readonly fraction: number; readonly severity: number }
export type Severity = (s: Standing, trial: Trial) => number

const nothing = Number.NEGATIVE_INFINITY
const [evaluations, share, warmUp] = [2, 0.05, 0.15]

/** At each evaluation, the least severity of those that end a hold here: two evaluations and 5% of the run. */
export const lasting = (trial: Trial, candidate: Candidate, severity: Severity): Point[] => {
  const points = pathOf(trial, candidate).flatMap(({ fraction, evaluations: n, standing }) =>
    standing === null ? [] : [{ fraction, severity: fraction < warmUp || n < 4 ? nothing : severity(standing, trial) }],
  )
  return points.map(({ fraction }, i) => {
    let least = Number.POSITIVE_INFINITY
    for (let j = i; j >= 0; j--) {
      const before = points[j] as Point
      least = Math.min(least, before.severity)
      if (i - j + 1 >= evaluations && fraction - before.fraction >= share - 1e-9) return { fraction, severity: least }
    }
    return { fraction, severity: nothing }
  })
}

/** The smallest severity from which on at most `alpha` of the winners would be lost: (lost + 1) / (winners + 1) ≤ alpha. */
export const threshold = (worst: readonly number[], alpha: number): number => {
  const mayLose = Math.floor(alpha * (worst.length + 1)) - 1
  return worst.toSorted((a, b) => b - a)[Math.max(0, mayLose)] ?? Number.POSITIVE_INFINITY
}

export const worstOf = (points: readonly Point[]): number => Math.max(nothing, ...points.map((p) => p.severity))

/** Stops where the severity has lasted above what is borne by winners of the other families. */
export const conformal = (others: readonly Trial[], severity: Severity, alpha: number): Judge => {
  const worst = others.flatMap((trial) =>
    trial.candidates.filter(({ winner }) => winner).map((c) => worstOf(lasting(trial, c, severity))),
  )
  const limit = threshold(worst, alpha)
  return (trial, candidate) =>
    lasting(trial, candidate, severity).find(({ severity: now }) => now > limit)?.fraction ?? null
}
