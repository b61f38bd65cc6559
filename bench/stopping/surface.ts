// Tried: a surface over gap (in noise) and lag, monotone in both, scaled by conformal risk control on the winners of other families.
// Not our rule: how far back a winner may stand differs more between families than between winners and losers of one.
import type { Judge, Trial } from '../../src/replay/index.ts'
import { conformal, lasting, type Severity, worstOf } from './held.ts'

const gaps = [3, 5, 8, 13, 20, 35, 60, 100, 200]

const gapOf = ({ gap, noise }: Parameters<Severity>[0]): number => (noise === null ? 0 : gap / Math.max(noise, 1e-12))

/** For each gap, the lag below which one winner in twenty stood for as long, with a gap of at least this; never rising with the gap. */
const edgeOf = (trials: readonly Trial[]): number[] => {
  let edge = 1
  return gaps.map((least) => {
    const lags = trials.flatMap((trial) =>
      trial.candidates
        .filter(({ winner }) => winner)
        .map((c) => -worstOf(lasting(trial, c, (s) => (gapOf(s) >= least ? -s.lag : -1)))),
    )
    edge = Math.min(edge, lags.toSorted((a, b) => a - b)[Math.floor(0.05 * lags.length)] ?? 1)
    return edge
  })
}

export const surfaceOf = (others: readonly Trial[], alpha: number): Judge => {
  const edge = edgeOf(others)
  const severity: Severity = (s) => {
    const at = gaps.findLastIndex((gap) => gapOf(s) >= gap)
    return at < 0 ? Number.NEGATIVE_INFINITY : (edge[at] as number) / Math.max(s.lag, 1e-6)
  }
  return conformal(others, severity, alpha)
}
