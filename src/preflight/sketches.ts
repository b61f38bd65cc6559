// Sketches of samples as a matrix, each column scaled by its spread over the first set given. Pure.
// What near sketches mean is said by near.ts and follows.ts.
import type { SampleDigest } from '../contract/index.ts'

export type Sketched = {
  readonly samples: readonly SampleDigest[]
  readonly width: number
  /** Row by row. */
  readonly values: Float64Array
}

const decoded = (base64: string): Float32Array => {
  const bytes = Buffer.from(base64, 'base64')
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
}

/** The samples of each set that have a sketch, in the scale of the first set; null where too few have one. */
export const sketchesOf = (sets: readonly (readonly SampleDigest[])[], fewest: number): readonly Sketched[] | null => {
  const raw = sets.map((samples) => {
    const kept = samples.filter(({ sketch, nonFinite }) => sketch !== undefined && nonFinite === 0)
    return { kept, rows: kept.map(({ sketch = '' }) => decoded(sketch)) }
  })
  const [first] = raw
  const width = first?.rows[0]?.length ?? 0
  if (!first || width === 0 || raw.some(({ kept }) => kept.length < fewest)) return null
  const scale = Array.from({ length: width }, (_, column) => {
    let [sum, square] = [0, 0]
    for (const row of first.rows) {
      sum += row[column] as number
      square += (row[column] as number) ** 2
    }
    const mean = sum / first.rows.length
    return { mean, std: Math.sqrt(Math.max(0, square / first.rows.length - mean * mean)) }
  })
  return raw.map(({ kept, rows }) => {
    const values = new Float64Array(kept.length * width)
    for (const [i, row] of rows.entries())
      for (let column = 0; column < width; column++) {
        const { mean, std } = scale[column] as { mean: number; std: number }
        // a column that never moves says nothing; what leaves the scale of the first set says no more than its edge
        const value = std > 1e-12 ? ((row[column] as number) - mean) / std : 0
        values[i * width + column] = Math.max(-8, Math.min(8, value))
      }
    return { samples: kept, width, values }
  })
}
