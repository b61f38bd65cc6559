// Tried: the probability that a run is no winner, by logistic regression on where it stands, with a conformal threshold.
// Not our rule: learned on three families it loses more winners of a fourth than a rule of a few thresholds does.
import { type Judge, pathOf, type Trial } from '../../src/replay/index.ts'

type Point = { readonly fraction: number; readonly x: readonly number[] | null }

const clamp = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v))

/** Lag, gap, pace, remaining, swing and time, each on a scale on which it is about evenly spread; and their products. */
const features = (trial: Trial, candidate: Trial['candidates'][number]): Point[] =>
  pathOf(trial, candidate).map(({ fraction, standing: s }) => {
    if (s === null || s.noise === null || s.gap <= 3 * s.noise) return { fraction, x: null }
    const base = [
      s.lag,
      clamp(Math.log(s.gap / Math.max(s.noise, 1e-12)), 0, 6),
      clamp(Math.log(s.pace + 1e-3), -2, 5),
      clamp(Math.log(s.remaining), -4, 4),
      clamp(Math.log(s.swing + 1e-6), -6, 3),
      fraction,
    ]
    return { fraction, x: [1, ...base, ...base.flatMap((a, i) => base.slice(i).map((b) => a * b))] }
  })

/** Newton's method with a small ridge; rows weigh so that families and classes count alike. */
const regress = (
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  weights: readonly number[],
): number[] => {
  const d = rows[0]?.length ?? 0
  const ridge = 3e-3
  const total = weights.reduce((a, b) => a + b, 0)
  let beta: number[] = Array.from({ length: d }, () => 0)
  for (let round = 0; round < 10; round++) {
    const gradient = beta.map((b, k) => (k === 0 ? 0 : ridge * b))
    const hessian = Array.from({ length: d }, (_, i) => Array.from({ length: d + 1 }, (_, j) => (i === j ? ridge : 0)))
    for (const [i, row] of rows.entries()) {
      let s = 0
      for (let k = 0; k < d; k++) s += (beta[k] as number) * (row[k] as number)
      const p = 1 / (1 + Math.exp(-s))
      const w = (weights[i] as number) / total
      for (let k = 0; k < d; k++) {
        const v = row[k] as number
        gradient[k] = (gradient[k] as number) + (p - (labels[i] as number)) * w * v
        const h = hessian[k] as number[]
        const q = p * (1 - p) * w * v
        for (let l = 0; l < d; l++) h[l] = (h[l] as number) + q * (row[l] as number)
      }
    }
    for (let k = 0; k < d; k++) (hessian[k] as number[])[d] = gradient[k] as number
    beta = beta.map((b, k) => b - (solved(hessian, d)[k] as number))
  }
  return beta
}

let last: { readonly of: unknown; readonly x: number[] } | null = null
const solved = (matrix: number[][], d: number): number[] => {
  if (last?.of === matrix) return last.x
  const m = matrix.map((row) => [...row])
  for (let i = 0; i < d; i++) {
    let pivot = i
    for (let k = i + 1; k < d; k++)
      if (Math.abs((m[k] as number[])[i] as number) > Math.abs((m[pivot] as number[])[i] as number)) pivot = k
    ;[m[i], m[pivot]] = [m[pivot] as number[], m[i] as number[]]
    for (let k = 0; k < d; k++) {
      const factor = ((m[k] as number[])[i] as number) / ((m[i] as number[])[i] as number)
      if (k === i || factor === 0) continue
      for (let l = i; l <= d; l++)
        (m[k] as number[])[l] = ((m[k] as number[])[l] as number) - factor * ((m[i] as number[])[l] as number)
    }
  }
  last = { of: matrix, x: m.map((row, k) => (row[d] as number) / (row[k] as number)) }
  return last.x
}

/** Of each evaluation: the lowest score over the last two evaluations and 5% of the run. */
const heldScores = (points: readonly Point[], score: (x: readonly number[]) => number): number[] => {
  const scores = points.map(({ fraction, x }) => (x === null || fraction < 0.15 ? Number.NEGATIVE_INFINITY : score(x)))
  return scores.map((own, i) => {
    let lowest = own
    for (let j = i - 1, n = 1; ; j--, n++) {
      const from = points[j + 1]?.fraction ?? 0
      if (n >= 2 && (points[i]?.fraction ?? 0) - from >= 0.05 - 1e-9) return lowest
      if (j < 0) return Number.NEGATIVE_INFINITY
      lowest = Math.min(lowest, scores[j] as number)
    }
  })
}

const learn = (trials: readonly Trial[]) => {
  const found = trials.flatMap((trial) =>
    trial.candidates.map((candidate) => ({
      key: `${trial.family} ${candidate.winner}`,
      label: candidate.winner ? 0 : 1,
      points: features(trial, candidate).filter(({ x }) => x !== null),
    })),
  )
  const rows = found.flatMap(({ key, label, points }) => {
    const every = Math.max(1, Math.ceil(points.length / 4))
    return points.filter((_, i) => i % every === 0).map(({ x }) => ({ key, label, x: x as number[] }))
  })
  const counts = new Map<string, number>()
  for (const { key } of rows) counts.set(key, (counts.get(key) ?? 0) + 1)
  const d = rows[0]?.x.length ?? 0
  const mean = Array.from({ length: d }, (_, k) => rows.reduce((s, r) => s + (r.x[k] as number), 0) / rows.length)
  const sd = mean.map(
    (m, k) => Math.sqrt(rows.reduce((s, r) => s + ((r.x[k] as number) - m) ** 2, 0) / rows.length) || 1,
  )
  const scale = (x: readonly number[]) => x.map((v, k) => (k === 0 ? 1 : (v - (mean[k] as number)) / (sd[k] as number)))
  const beta = regress(
    rows.map(({ x }) => scale(x)),
    rows.map(({ label }) => label),
    rows.map(({ key }) => 1 / (counts.get(key) as number)),
  )
  return (x: readonly number[]) => scale(x).reduce((s, v, k) => s + v * (beta[k] as number), 0)
}

const models = new Map<string, ReturnType<typeof learn>>()
const modelOf = (trials: readonly Trial[]) => {
  const key = [...new Set(trials.map(({ family }) => family))].join(' ')
  const before = models.get(key)
  if (before !== undefined) return before
  const model = learn(trials)
  models.set(key, model)
  return model
}

/** `alpha`: share of the winners of the families it was made from, each scored by a model of the others, that may be lost. */
export const hazardOf = (trials: readonly Trial[], alpha: number): Judge => {
  const families = [...new Set(trials.map(({ family }) => family))]
  const highest = families.flatMap((family) => {
    const model = modelOf(trials.filter((trial) => trial.family !== family))
    return trials
      .filter((trial) => trial.family === family)
      .flatMap((trial) =>
        trial.candidates.filter(({ winner }) => winner).map((c) => Math.max(...heldScores(features(trial, c), model))),
      )
  })
  const threshold = highest.sort((a, b) => b - a)[Math.floor(alpha * (highest.length + 1))] ?? Number.POSITIVE_INFINITY
  const model = modelOf(trials)
  return (trial, candidate) => {
    const points = features(trial, candidate)
    const at = heldScores(points, model).findIndex((score) => score > threshold)
    return points[at]?.fraction ?? null
  }
}
