// Datasets that lie in memory: typed arrays, one a field, first axis the sample. Scaling happens while a batch is copied.
import { createHash } from 'node:crypto'
import { GonogoError } from '../contract/errors.ts'
import { type Dataset, type Field, sizeOf } from './dataset.ts'
import type { NDArray, NumberArray } from './idx.ts'

export type ArrayOptions = {
  /** Shape of one sample; needed for a flat array, checked against the array's own otherwise. */
  readonly shape?: readonly number[]
  /** Value in the graph = (stored × scale − mean) / std. Any of these makes the field float32. */
  readonly scale?: number
  readonly mean?: number
  readonly std?: number
  /** dtype in the graph; by default int32 for integer arrays without scaling, else float32. */
  readonly dtype?: 'float32' | 'int32'
}

type Column = Field & {
  readonly data: NumberArray
  readonly size: number
  readonly gain: number
  readonly offset: number
}

const isFloat = (data: NumberArray): boolean => data instanceof Float32Array || data instanceof Float64Array

/**
 * A dataset from arrays held in memory: `{ input: [N, …], label: [N] }`. Integer arrays become int32, others float32.
 *
 * @throws GonogoError DATA_SHAPE where the fields differ in their number of samples or a shape does not fit.
 * @example arrays({ input: await readIdx('images'), label: await readIdx('labels') }, { input: { scale: 1 / 255 } })
 */
export const arrays = (
  fields: Readonly<Record<string, NDArray | NumberArray>>,
  options: Readonly<Record<string, ArrayOptions>> = {},
): Dataset => {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(fields, name))
      throw new GonogoError('DATA_FIELD', `options for a field that is not there`, {
        seen: name,
        expected: Object.keys(fields).join(', '),
      })
  const columns = Object.entries(fields).map(([name, given]) => column(name, given, options[name] ?? {}))
  const first = columns[0]
  if (!first) throw new GonogoError('DATA_EMPTY', 'a dataset needs at least one field', { seen: '{}' })
  const length = first.data.length / first.size
  for (const { name, data, size } of columns)
    if (data.length / size !== length)
      throw new GonogoError('DATA_SHAPE', 'the fields of a dataset differ in their number of samples', {
        seen: `${first.name} has ${length}, ${name} has ${data.length / size}`,
        expected: 'one row of each field for each sample',
      })
  return {
    length,
    fields: columns.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    gather: (indices, out) => {
      for (const { name, data, size, gain, offset } of columns) {
        const target = out.get(name)
        if (!target) continue
        for (let row = 0, to = 0; row < indices.length; row++)
          for (let from = (indices[row] as number) * size, end = from + size; from < end; from++, to++)
            target[to] = (data[from] as number) * gain + offset
      }
    },
    digest: () => {
      const hash = createHash('sha256')
      for (const { name, shape, dtype, data, gain, offset } of columns)
        hash
          .update(JSON.stringify([name, shape, dtype, data.length, gain, offset]))
          .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      return hash.digest('hex')
    },
  }
}

const column = (name: string, given: NDArray | NumberArray, option: ArrayOptions): Column => {
  const data = 'data' in given ? given.data : given
  const own = 'data' in given ? given.shape.slice(1) : null
  const shape = option.shape ?? own ?? []
  const size = sizeOf(shape)
  if (data.length % size !== 0 || (own && sizeOf(own) !== size))
    throw new GonogoError('DATA_SHAPE', `field ${name} does not divide into samples of the shape given`, {
      seen: own ? `samples of [${own.join(', ')}]` : `${data.length} values`,
      expected: `[${shape.join(', ')}], ${size} values a sample`,
    })
  const { scale = 1, mean = 0, std = 1 } = option
  if (!(std > 0) || !Number.isFinite(scale) || !Number.isFinite(mean))
    throw new GonogoError('DATA_SCALE', `field ${name} has a scaling that is no number`, {
      seen: `scale ${scale}, mean ${mean}, std ${std}`,
      expected: 'finite numbers, std > 0',
    })
  const scaled = scale !== 1 || mean !== 0 || std !== 1
  const dtype = option.dtype ?? (scaled || isFloat(data) ? 'float32' : 'int32')
  return { name, shape, dtype, data, size, gain: scale / std, offset: -mean / std }
}
