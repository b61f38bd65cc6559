// Tried: the pace alone, for runs ahead and behind alike, from a point of the budget on: as fast as of late, on the run's own scale or
// on the benchmark's clock (which share of the benchmark's budget does this value stand for).
// Not our rule: before 40% of the budget a pace tells winners from losers only together with the gap, and the clock jumps where the
// benchmark stands still.
import { indexAt } from '../../src/decide/index.ts'
import { type Judge, pathOf, type Trial } from '../../src/replay/index.ts'
import { conformal, type Severity } from './held.ts'

const paceOf: Severity = (s, { profile }) =>
  s.noise === null || s.missing <= 3 * s.noise * Math.sqrt(1 + 1 / profile.seeds)
    ? Number.NEGATIVE_INFINITY
    : s.pace / Math.max(1, profile.hardest)

export const paceAlone = (others: readonly Trial[], alpha: number): Judge => conformal(others, paceOf, alpha)

/** Speed that is needed on the benchmark's clock from here to its end, over the speed of the second half of the run's past. */
export const onTheClock =
  (limit: number, from: number): Judge =>
  (trial, candidate) => {
    const path = pathOf(trial, candidate)
    const fractions = path.map(({ fraction }) => fraction)
    const clock = path.map(({ standing: s }) =>
      s === null || s.reachedAt === null ? 1 : s.lag === 0 ? 0 : s.reachedAt,
    )
    let since: number | null = null
    for (const [i, { fraction, standing: s }] of path.entries()) {
      if (s === null || fraction < from) continue
      const half = clock[indexAt(fractions, fraction / 2)] ?? 0
      const speed = ((clock[i] as number) - half) / (fraction / 2)
      const far = s.noise !== null && s.missing > 3 * s.noise * Math.sqrt(1 + 1 / trial.profile.seeds)
      const lost = far && 1 - (clock[i] as number) > limit * speed * Math.max(0, 1 - fraction)
      since = lost ? (since ?? fraction) : null
      if (since !== null && fraction - since >= 0.05 - 1e-9) return fraction
    }
    return null
  }
