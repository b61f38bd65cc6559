// One vector as a weighted sum of others, by least squares: how much each sample's gradient counts in that of a batch.
// Pure.

export type Mixture = {
  readonly weights: readonly number[]
  /** |target − Σ weight·part| / |target|: zero where it is such a sum. */
  readonly residual: number
}

type Vector = readonly number[]

const inner = (a: Vector, b: Vector): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

export const length = (a: Vector): number => Math.sqrt(inner(a, a))

/** |a − b| / |a|. */
export const apart = (a: Vector, b: Vector): number => length(a.map((value, i) => value - (b[i] as number))) / length(a)

/** The weights with which `parts` come nearest to `target`; null where the parts hardly differ in direction, so that no weights are told. */
export const mixtureOf = (target: Vector, parts: readonly Vector[]): Mixture | null => {
  const lengths = parts.map(length)
  if (lengths.some((one) => !(one > 0)) || !(length(target) > 0)) return null
  // unit vectors: samples of small gradients are told as well as others
  const units = parts.map((part, i) => part.map((value) => value / (lengths[i] as number)))
  const solved = solve(
    units.map((a) => units.map((b) => inner(a, b))),
    units.map((a) => inner(a, target)),
  )
  if (solved === null) return null
  const weights = solved.map((value, i) => value / (lengths[i] as number))
  const made = target.map((_, at) =>
    parts.reduce((sum, part, i) => sum + (weights[i] as number) * (part[at] as number), 0),
  )
  return { weights, residual: apart(target, made) }
}

/** Below this pivot of unit vectors' products, two of them are too much alike. */
const leastPivot = 1e-6

const solve = (matrix: number[][], right: number[]): number[] | null => {
  const rows = matrix.map((row, i) => [...row, right[i] as number])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    const best = rows
      .slice(column)
      .reduce(
        (most, row, i, all) => (Math.abs(row[column] as number) > Math.abs(all[most]?.[column] as number) ? i : most),
        0,
      )
    const pivot = rows[column + best] as number[]
    rows[column + best] = rows[column] as number[]
    rows[column] = pivot
    if (!(Math.abs(pivot[column] as number) > leastPivot)) return null
    for (const [i, row] of rows.entries()) {
      if (i === column) continue
      const factor = (row[column] as number) / (pivot[column] as number)
      for (let at = column; at <= size; at++) row[at] = (row[at] as number) - factor * (pivot[at] as number)
    }
  }
  return rows.map((row, i) => (row[size] as number) / (row[i] as number))
}
