// Whether targets follow inputs at all: a linear guess from sketches, fitted on some samples and tried on others. Pure.
//
// The guess gives each sample tried a score for each target. Were targets dealt out at random, the mean score of the own target would
// have a known mean and variance over all ways of dealing them (Hoeffding 1951); what is seen is told in those deviations. No task is so
// simple that a guess must succeed; but one that does cannot do so by chance.
import type { Sketched } from './sketches.ts'

/** Inputs with their squares: what differs in size alone follows too. */
const columnsOf = ({ width }: Sketched): number => 2 * width + 1

const fill = ({ values, width }: Sketched, row: number, into: Float64Array): void => {
  for (let k = 0; k < width; k++) {
    const value = values[row * width + k] as number
    into[k] = value
    into[width + k] = value * value - 1
  }
  into[2 * width] = 1
}

export type Targets = {
  /** Of each sample, its place among the classes; or its value. */
  readonly of: readonly number[]
  /** 0: values, not classes. */
  readonly classes: number
}

/** Rows of the matrix to fit on, with the target of each. */
export type Part = { readonly of: Sketched; readonly rows: readonly number[]; readonly targets: Targets }

/** Solves A·X = B in place by Cholesky; A is symmetric, [n, n], B [n, m]. */
const solve = (a: Float64Array, b: Float64Array, n: number, m: number): void => {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j] as number
      for (let k = 0; k < j; k++) sum -= (a[i * n + k] as number) * (a[j * n + k] as number)
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (a[j * n + j] as number)
    }
  }
  for (let c = 0; c < m; c++) {
    for (let i = 0; i < n; i++) {
      let sum = b[i * m + c] as number
      for (let k = 0; k < i; k++) sum -= (a[i * n + k] as number) * (b[k * m + c] as number)
      b[i * m + c] = sum / (a[i * n + i] as number)
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = b[i * m + c] as number
      for (let k = i + 1; k < n; k++) sum -= (a[k * n + i] as number) * (b[k * m + c] as number)
      b[i * m + c] = sum / (a[i * n + i] as number)
    }
  }
}

/** Ridge regression of the targets, classes as one-hot rows; [columns, outputs]. */
const fitted = ({ of, rows, targets }: Part): Float64Array => {
  const [n, m] = [columnsOf(of), Math.max(1, targets.classes)]
  const [gram, moments, row] = [new Float64Array(n * n), new Float64Array(n * m), new Float64Array(n)]
  const share = new Float64Array(m)
  for (const one of rows) {
    const target = targets.of[one] as number
    share[targets.classes > 0 ? target : 0] =
      (share[targets.classes > 0 ? target : 0] as number) + (targets.classes > 0 ? 1 : target)
  }
  for (const one of rows) {
    fill(of, one, row)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++)
        gram[i * n + j] = (gram[i * n + j] as number) + (row[i] as number) * (row[j] as number)
    const target = targets.of[one] as number
    for (let c = 0; c < m; c++) {
      const centre = (share[c] as number) / rows.length
      const value = (targets.classes > 0 ? Number(c === target) : target) - centre
      for (let i = 0; i < n; i++) moments[i * m + c] = (moments[i * m + c] as number) + value * (row[i] as number)
    }
  }
  for (let i = 0; i < n; i++) gram[i * n + i] = (gram[i * n + i] as number) + 0.1 * rows.length
  solve(gram, moments, n, m)
  return moments
}

/** Scores of each row for each class, or the value guessed: [rows, outputs]. */
const guessed = (weights: Float64Array, of: Sketched, rows: readonly number[]): Float64Array => {
  const n = columnsOf(of)
  const m = weights.length / n
  const [found, row] = [new Float64Array(rows.length * m), new Float64Array(n)]
  for (const [at, one] of rows.entries()) {
    fill(of, one, row)
    for (let c = 0; c < m; c++) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += (weights[i * m + c] as number) * (row[i] as number)
      found[at * m + c] = sum
    }
  }
  return found
}

/** By how many deviations of chance the own targets score higher than dealt ones. */
export const deviations = (scores: Float64Array, own: readonly number[], classes: number): number => {
  const n = own.length
  const m = Math.max(1, classes)
  // a score for each pair of sample and target: score[i] of the class of j, or guess[i]·value[j]
  const shares = new Float64Array(m)
  for (const target of own) shares[classes > 0 ? target : 0] = (shares[classes > 0 ? target : 0] as number) + 1 / n
  if (classes === 0) {
    const [a, b] = [centred(scores), centred(Float64Array.from(own))]
    let [sum, aa, bb] = [0, 0, 0]
    for (let i = 0; i < n; i++) {
      sum += (a[i] as number) * (b[i] as number)
      aa += (a[i] as number) ** 2
      bb += (b[i] as number) ** 2
    }
    return aa * bb > 0 ? sum / Math.sqrt((aa * bb) / (n - 1)) : 0
  }
  const columns = new Float64Array(m)
  for (let i = 0; i < n; i++)
    for (let c = 0; c < m; c++) columns[c] = (columns[c] as number) + (scores[i * m + c] as number) / n
  const grand = columns.reduce((sum, value, c) => sum + value * (shares[c] as number), 0)
  let [sum, square] = [0, 0]
  for (let i = 0; i < n; i++) {
    let mean = 0
    for (let c = 0; c < m; c++) mean += (shares[c] as number) * (scores[i * m + c] as number)
    for (let c = 0; c < m; c++) {
      const value = (scores[i * m + c] as number) - mean - (columns[c] as number) + grand
      square += (shares[c] as number) * value * value
      if (c === own[i]) sum += value
    }
  }
  return square > 0 ? sum / Math.sqrt((n * square) / (n - 1)) : 0
}

const centred = (values: Float64Array): Float64Array => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.map((value) => value - mean)
}

/** Fitted on one part, tried on another. */
export const follows = (fit: Part, tried: Part): number =>
  deviations(
    guessed(fitted(fit), tried.of, tried.rows),
    tried.rows.map((row) => tried.targets.of[row] as number),
    tried.targets.classes,
  )
