// Codes of validation that training never has: a table's rows that no step will ever have moved.
// Counts alone; what they mean is D5's.
import type { Survey } from '../../contract/index.ts'
import { type BatchArray, type Dataset, sizeOf } from '../../data/dataset.ts'
import { gathered } from './batches.ts'

type Unseen = NonNullable<Survey['unseen']>

/** Samples of each split that are looked at, and columns of one field. */
const [most, widest] = [20_000, 16]

/** The column of codes that is the newest to validation; null where there are no codes, or more samples than are looked at. */
export const unseenOf = (train: Dataset, val: Dataset, coded: ReadonlySet<string>): Unseen | null => {
  const fields = train.fields.filter(
    ({ name, dtype, shape }) => dtype === 'int32' && coded.has(name) && sizeOf(shape) <= widest,
  )
  // what a part of training lacks, all of it may have
  if (fields.length === 0 || train.length > most) return null
  const [known, asked] = [columnsOf(train, train.length), columnsOf(val, Math.min(most, val.length))]
  const found = fields.flatMap(({ name, shape }) =>
    Array.from({ length: sizeOf(shape) }, (_, column): Unseen => {
      const [own, other] = [known(name, column), asked(name, column)]
      const codes = new Set(own)
      const unseen = other.filter((code) => !codes.has(code)).length
      return { field: name, column, share: unseen / Math.max(1, other.length), codes: codes.size, samples: own.length }
    }),
  )
  return found.reduce((a, b) => (b.share > a.share ? b : a))
}

const columnsOf = (dataset: Dataset, count: number) => {
  const arrays = gathered(
    dataset,
    Uint32Array.from({ length: count }, (_, i) => i),
  )
  return (name: string, column: number): number[] => {
    const values = arrays.get(name) as BatchArray
    const size = values.length / count
    return Array.from({ length: count }, (_, row) => values[row * size + column] as number)
  }
}
