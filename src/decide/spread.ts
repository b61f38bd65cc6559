// Means, spreads and intervals of a few numbers: what rules and comparisons measure by.
// Not a statistics library: each formula is here because a rule needs it, with its source.

export const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length

/** Unbiased variance; NaN for fewer than two values. */
export const variance = (values: readonly number[]): number => {
  const middle = mean(values)
  return values.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (values.length - 1)
}

/** Standard deviation over seeds; null where one value says nothing of spread. */
export const deviation = (values: readonly number[]): number | null =>
  values.length < 2 ? null : Math.sqrt(variance(values))

/** One standard deviation from several, weighted by their degrees of freedom; null where there is none. */
export const pooled = (parts: readonly { readonly sd: number; readonly freedom: number }[]): number | null => {
  const freedom = parts.reduce((sum, p) => sum + p.freedom, 0)
  return freedom > 0 ? Math.sqrt(parts.reduce((sum, p) => sum + p.freedom * p.sd ** 2, 0) / freedom) : null
}

/** log Γ(x) for x > 0, Lanczos with g = 7 (Numerical Recipes, 3rd ed., 6.1); 15 digits. */
const logGamma = (x: number): number => {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ] as const
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  const t = shifted + 7.5
  const series = c.reduce((sum, k, i) => (i === 0 ? k : sum + k / (shifted + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(series)
}

/** Regularised incomplete beta I_x(a, b), by continued fraction (Numerical Recipes, 3rd ed., 6.4). */
export const betaShare = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log(1 - x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a
  const away = (v: number) => (Math.abs(v) < 1e-300 ? 1e-300 : v)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let h = d
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    h *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return front * h
}

/** P(T ≤ t) of Student's t with `freedom` degrees of freedom (need not be whole). */
export const studentShare = (t: number, freedom: number): number => {
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0
  const tail = 0.5 * betaShare(freedom / (freedom + t * t), freedom / 2, 0.5)
  return t > 0 ? 1 - tail : tail
}

/** Where a rising function on [low, high] reaches `target`, by halving. */
const solve = (f: (x: number) => number, target: number, low: number, high: number): number => {
  let [a, b] = [low, high]
  for (let i = 0; i < 200 && b - a > 1e-14 * Math.max(1, Math.abs(a)); i++) {
    const middle = (a + b) / 2
    if (f(middle) < target) a = middle
    else b = middle
  }
  return (a + b) / 2
}

/** The t that is exceeded with probability (1 − level)/2 on each side. */
export const studentQuantile = (level: number, freedom: number): number =>
  solve((t) => studentShare(t, freedom), 0.5 + level / 2, 0, 1e6)

/** Exact 95% interval of a proportion (Clopper and Pearson 1934): never narrower than it claims, even at 0 of n. */
export const proportionInterval = (hits: number, of: number, level = 0.95): readonly [number, number] => {
  if (of === 0) return [0, 1]
  const side = (1 - level) / 2
  const low = hits === 0 ? 0 : solve((p) => betaShare(p, hits, of - hits + 1), side, 0, 1)
  const high = hits === of ? 1 : solve((p) => betaShare(p, hits + 1, of - hits), 1 - side, 0, 1)
  return [low, high]
}
