// A dataset: how many samples, which fields, and how to copy some of them into a batch.
// Holds no order and no randomness: which samples make a batch is the engine's business, from (seed, epoch).
import { createHash } from 'node:crypto'

export type FieldType = 'float32' | 'int32'

/** One field of a sample: its shape without the batch axis, and the dtype that the graph sees. */
export type Field = { readonly name: string; readonly shape: readonly number[]; readonly dtype: FieldType }

export type BatchArray = Float32Array | Int32Array

export interface Dataset {
  readonly length: number
  readonly fields: readonly Field[]
  /** Copies samples `indices` into `out`, one array a field, [indices.length, …shape] in row-major order. */
  gather(indices: ArrayLike<number>, out: ReadonlyMap<string, BatchArray>): void
  /** sha256 over the samples as stored, or over a manifest of them. */
  digest(): string
}

export type Splits = { readonly train: Dataset; readonly val: Dataset; readonly test?: Dataset }

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** New arrays for a batch of `count` samples. */
export const batchArrays = (fields: readonly Field[], count: number): Map<string, BatchArray> =>
  new Map(
    fields.map(({ name, shape, dtype }) => {
      const size = count * sizeOf(shape)
      return [name, dtype === 'float32' ? new Float32Array(size) : new Int32Array(size)]
    }),
  )

/** The samples `indices` of a dataset, as a dataset. */
export const subset = (dataset: Dataset, indices: Uint32Array): Dataset => ({
  length: indices.length,
  fields: dataset.fields,
  gather: (chosen, out) =>
    dataset.gather(
      Uint32Array.from(chosen, (i) => indices[i] as number),
      out,
    ),
  digest: () =>
    createHash('sha256')
      .update(dataset.digest())
      .update(new Uint8Array(indices.buffer, indices.byteOffset, indices.byteLength))
      .digest('hex'),
})
