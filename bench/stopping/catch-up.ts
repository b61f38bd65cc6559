// Tried: a run is stopped when more is missing than winners of other families ever made good from the same point of the budget on,
// counted in what the benchmark still gained from there.
// Not our rule: it does not look at how fast the run improves, and fast ones make good a lot.
import type { Judge, Trial } from '../../src/replay/index.ts'
import { conformal, lasting, type Severity, worstOf } from './held.ts'

const parts = [0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 2]

const missingOf: Severity = ({ missing, gap, noise }) => {
  if (noise === null || missing <= 3 * noise) return Number.NEGATIVE_INFINITY
  return missing / Math.max(missing - gap + 3 * noise, 1e-12)
}

export const catchUpOf = (others: readonly Trial[], alpha: number): Judge => {
  // what is bearable falls over the budget: in each tenth, the most that all but one winner in fifty made good
  const winners = others.flatMap((trial) => trial.candidates.filter(({ winner }) => winner).map((c) => ({ trial, c })))
  const bearable = parts.slice(0, -1).map((from, i) => {
    const inPart: Severity = (s, trial) =>
      s.fraction >= from && s.fraction < (parts[i + 1] as number) ? missingOf(s, trial) : Number.NEGATIVE_INFINITY
    const made = winners.map(({ trial, c }) => worstOf(lasting(trial, c, inPart))).toSorted((a, b) => b - a)
    return Math.max(1, made[Math.floor(made.length / 50)] ?? 1)
  })
  const severity: Severity = (s, trial) => {
    const part = Math.max(
      0,
      parts.findLastIndex((from) => s.fraction >= from),
    )
    return missingOf(s, trial) / (bearable[Math.min(part, bearable.length - 1)] as number)
  }
  return conformal(others, severity, alpha)
}
