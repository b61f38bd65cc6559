// Tried: a power law a − b·x^−c is fitted to best-so-far; a run is stopped when its end would fall short by a margin.
// Not our rule: a schedule that falls at the end improves a run by what no power law sees.
import type { Judge, Recorded } from '../../src/replay/index.ts'

/** Least squares over a and b for each of a few exponents: the end that the best of them foretells, and its residual. */
const foretell = (
  xs: readonly number[],
  ys: readonly number[],
): { readonly end: number; readonly residual: number } | null => {
  let best: { end: number; residual: number } | null = null
  for (const c of [0.1, 0.25, 0.5, 1, 2]) {
    const us = xs.map((x) => -(x ** -c))
    const [mu, my] = [us.reduce((a, b) => a + b, 0) / us.length, ys.reduce((a, b) => a + b, 0) / ys.length]
    const [suu, suy] = [
      us.reduce((s, u) => s + (u - mu) ** 2, 0),
      us.reduce((s, u, i) => s + (u - mu) * ((ys[i] as number) - my), 0),
    ]
    if (suu === 0) continue
    const b = suy / suu
    const a = my - b * mu
    const residual = Math.sqrt(us.reduce((s, u, i) => s + (a + b * u - (ys[i] as number)) ** 2, 0) / us.length)
    if (best === null || residual < best.residual) best = { end: a - b, residual }
  }
  return best
}

export const extrapolation =
  (margin: number, from = 0.2): Judge =>
  ({ profile }, { run }: { run: Recorded }) => {
    const sign = run.direction === 'max' ? 1 : -1
    const sd = profile.final.sd ?? 0
    let held = 0
    let standing = Number.NEGATIVE_INFINITY
    const [xs, ys]: [number[], number[]] = [[], []]
    for (const { fraction, value } of run.curve) {
      if (Number.isFinite(value)) standing = Math.max(standing, sign * value)
      if (!Number.isFinite(standing) || fraction <= 0) continue
      xs.push(fraction)
      ys.push(standing)
      if (fraction < from || xs.length < 6) continue
      // the second half of the past: what came before is another regime
      const first = xs.findIndex((x) => x >= fraction / 4)
      const found = foretell(xs.slice(first), ys.slice(first))
      const short = found === null ? 0 : sign * profile.final.mean - (found.end + found.residual)
      held = short > margin * sd ? held + 1 : 0
      if (held >= 3) return fraction
    }
    return null
  }
