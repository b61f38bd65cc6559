// Initialisers: a parameter's first values as a function of (seed, path) and shape.
// No global generator: adding a layer changes no other parameter.
import { sizeOf } from './graph/shape.ts'
import { hashName, philox, seedWords, uniformScale } from './philox.ts'

/** Fills a new array for `shape`; `draw` gives numbers keyed by (seed, path). */
export interface Initialiser {
  readonly name: string
  readonly fill: (shape: readonly number[], draw: Draw) => Float32Array
}

export interface Draw {
  /** n numbers in [0, 1), 24 bits each. */
  uniform(n: number): Float64Array
  /** n standard normal numbers (Box & Muller 1958). */
  normal(n: number): Float64Array
}

const initTag = 0x494e4954 // 'INIT': apart from the noise inside the graph

/** The generator of a parameter: Philox with key from the seed and counter (block, 0, hash of the path). */
export function drawFor(seed: number, path: string): Draw {
  const [low, high] = seedWords(seed)
  const words = (block: number) => philox([block, 0, hashName(path), hashName(path, 1)], [low, (high ^ initTag) >>> 0])
  const bits = (n: number): Float64Array => {
    const out = new Float64Array(n)
    for (let i = 0; i < n; i += 4) {
      const block = words(i / 4)
      for (let j = 0; j < 4 && i + j < n; j++) out[i + j] = block[j]! >>> 8
    }
    return out
  }
  return {
    uniform: (n) => bits(n).map((word) => word * uniformScale),
    normal: (n) => {
      const even = n + (n % 2)
      const word = bits(even)
      const out = new Float64Array(even)
      for (let i = 0; i < even; i += 2) {
        const radius = Math.sqrt(-2 * Math.log((word[i]! + 1) * uniformScale))
        const angle = 2 * Math.PI * word[i + 1]! * uniformScale
        out[i] = radius * Math.cos(angle)
        out[i + 1] = radius * Math.sin(angle)
      }
      return out.subarray(0, n)
    },
  }
}

/** Inputs and outputs that one weight connects: PyTorch's rule for [out, in, ...kernel]. */
export function fans(shape: readonly number[]): { in: number; out: number } {
  const field = sizeOf(shape.slice(2))
  return { in: (shape[1] ?? shape[0] ?? 1) * field, out: (shape[0] ?? 1) * field }
}

const between = (name: string, bound: (shape: readonly number[]) => readonly [number, number]): Initialiser => ({
  name,
  fill: (shape, draw) => {
    const [low, high] = bound(shape)
    return Float32Array.from(draw.uniform(sizeOf(shape)), (u) => low + (high - low) * u)
  },
})
const gaussian = (name: string, std: (shape: readonly number[]) => number, mean = 0): Initialiser => ({
  name,
  fill: (shape, draw) => {
    const scale = std(shape)
    return Float32Array.from(draw.normal(sizeOf(shape)), (z) => mean + scale * z)
  },
})
const same = (name: string, value: number): Initialiser => ({
  name,
  fill: (shape) => new Float32Array(sizeOf(shape)).fill(value),
})

export const zeros = (): Initialiser => same('zeros', 0)
export const ones = (): Initialiser => same('ones', 1)
export const constant = (value: number): Initialiser => same(`constant(${value})`, value)
/** Uniform in [low, high). */
export const uniform = (low: number, high: number): Initialiser =>
  between(`uniform(${low}, ${high})`, () => [low, high])
export const normal = (mean = 0, std = 1): Initialiser => gaussian(`normal(${mean}, ${std})`, () => std, mean)
/** He et al. 2015; PyTorch's default for linear and convolution layers, a = √5, is a bound of 1/√fan_in. */
export const kaimingUniform = (a = Math.sqrt(5)): Initialiser =>
  between(`kaimingUniform(${a})`, (shape) => {
    const bound = Math.sqrt(6 / ((1 + a * a) * fans(shape).in))
    return [-bound, bound]
  })
/** He et al. 2015 for ReLU: standard deviation √(2 / fan_in). */
export const kaimingNormal = (): Initialiser => gaussian('kaimingNormal', (shape) => Math.sqrt(2 / fans(shape).in))
/** Glorot & Bengio 2010: bound √(6 / (fan_in + fan_out)). */
export const xavierUniform = (): Initialiser =>
  between('xavierUniform', (shape) => {
    const bound = Math.sqrt(6 / (fans(shape).in + fans(shape).out))
    return [-bound, bound]
  })
/** Glorot & Bengio 2010: standard deviation √(2 / (fan_in + fan_out)). */
export const xavierNormal = (): Initialiser =>
  gaussian('xavierNormal', (shape) => Math.sqrt(2 / (fans(shape).in + fans(shape).out)))
