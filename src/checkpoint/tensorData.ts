// Element types of safetensors and the typed arrays that hold them here.
// Arithmetic happens elsewhere: bfloat16 stays as its 16 bits.
import { GonogoError } from '../contract/index.ts'

type ArrayOf<T> = new (buffer: ArrayBuffer) => T
const dtype = <T>(bytes: number, array: ArrayOf<T>) => ({ bytes, array })

/** Little-endian, as every machine that runs Node is. BF16 is held as its bits, BOOL as 0 and 1. */
export const dtypes = {
  F64: dtype(8, Float64Array<ArrayBuffer>),
  F32: dtype(4, Float32Array<ArrayBuffer>),
  F16: dtype(2, Float16Array<ArrayBuffer>),
  BF16: dtype(2, Uint16Array<ArrayBuffer>),
  I64: dtype(8, BigInt64Array<ArrayBuffer>),
  I32: dtype(4, Int32Array<ArrayBuffer>),
  I16: dtype(2, Int16Array<ArrayBuffer>),
  I8: dtype(1, Int8Array<ArrayBuffer>),
  U64: dtype(8, BigUint64Array<ArrayBuffer>),
  U32: dtype(4, Uint32Array<ArrayBuffer>),
  U16: dtype(2, Uint16Array<ArrayBuffer>),
  U8: dtype(1, Uint8Array<ArrayBuffer>),
  BOOL: dtype(1, Uint8Array<ArrayBuffer>),
} as const

export type Dtype = keyof typeof dtypes
export type TensorData = InstanceType<(typeof dtypes)[Dtype]['array']>

export const isDtype = (text: unknown): text is Dtype => typeof text === 'string' && Object.hasOwn(dtypes, text)

export const bytesOf = (type: Dtype, buffer: ArrayBuffer): TensorData => new dtypes[type].array(buffer)

/** Number of elements; 1 for the shape of a scalar. */
export const elementsOf = (shape: readonly number[]): number => {
  const count = shape.reduce((product, size) => product * size, 1)
  if (!Number.isSafeInteger(count) || shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new GonogoError('TENSOR_SHAPE', 'a shape must hold whole numbers with a product below 2^53', {
      seen: `[${shape.join(', ')}]`,
    })
  }
  return count
}
