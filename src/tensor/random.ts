// Noise inside the graph: Philox4x32-10 keyed by (seed, stream, step, sample id, element).
// Batch size, accumulation and world size never change a sample's noise; there is no generator state to save.
import { fail } from './graph/error.ts'
import type { Node } from './graph/node.ts'
import { show, sizeOf } from './graph/shape.ts'
import { currentLayer } from './graph/site.ts'
import { currentTrace } from './graph/trace.ts'
import { hashName, philoxConstants, uniformScale } from './philox.ts'
import { shiftRight, xor } from './primitives/bits.ts'
import { cast, less } from './primitives/compare.ts'
import { add, cos, log, mul, sin, sqrt } from './primitives/elementwise.ts'
import { concat, expand, reshape, slice } from './primitives/layout.ts'
import { constant, scalar } from './primitives/leaf.ts'
import { Tensor } from './tensor.ts'
import type { RankOf } from './types.ts'

type Words = readonly [Node, Node, Node, Node]

/** Philox on uint32 nodes; counters broadcast against each other. See philox.ts for the source. */
export function philoxNodes(counter: Words, key: readonly [Node, Node]): Words {
  const factors = philoxConstants.multiply.map((factor) => scalar(factor, 'uint64')) as [Node, Node]
  const product = (word: Node, factor: Node): [high: Node, low: Node] => {
    const wide = mul(cast(word, 'uint64'), factor)
    return [cast(shiftRight(wide, 32), 'uint32'), cast(wide, 'uint32')]
  }
  let [a, b, c, d] = counter
  let [key0, key1] = key
  for (let round = 0; round < philoxConstants.rounds; round++) {
    const [high0, low0] = product(a, factors[0])
    const [high1, low1] = product(c, factors[1])
    ;[a, b, c, d] = [xor(xor(high1, key0), b), low1, xor(xor(high0, key1), d), low0]
    key0 = add(key0, scalar(philoxConstants.weyl[0], 'uint32'))
    key1 = add(key1, scalar(philoxConstants.weyl[1], 'uint32'))
  }
  return [a, b, c, d]
}

/**
 * Four words for each block of four elements: float32 [batch, blocks] each, whole numbers below 2²⁴.
 * Counter: (block, sample id, step, hash of the stream); key: the seed. Element e of a sample is word ⌊e/blocks⌋ of block e mod blocks.
 */
function words(stream: string, shape: readonly number[]): { words: Words; blocks: number; batch: number } {
  const { noise, streams } = currentTrace('random')
  const batch = noise.sampleIds.shape[0]!
  const total = sizeOf(shape)
  if (shape.length === 0 || shape[0]! % batch !== 0) {
    fail({
      code: 'NOISE_BATCH',
      seen: `noise of shape ${show(shape)} in a batch of ${batch}`,
      expected: 'a first size that is a multiple of the batch: noise belongs to a sample',
    })
  }
  const layer = currentLayer()
  const base = layer ? `${layer}/${stream}` : stream
  const drawn = streams.get(base) ?? 0
  streams.set(base, drawn + 1)
  const name = drawn === 0 ? base : `${base}#${drawn}`
  const blocks = Math.ceil(total / batch / 4)
  const seed = (i: number): Node => reshape(slice(noise.seed, [0], [i], [i + 1]), [])
  const block = constant(
    'uint32',
    [1, blocks],
    Uint32Array.from({ length: blocks }, (_, i) => i),
  )
  const counter = [block, reshape(noise.sampleIds, [batch, 1]), noise.step, scalar(hashName(name), 'uint32')] as const
  const drawnWords = philoxNodes(counter, [seed(0), seed(1)])
  const top = drawnWords.map((word) => cast(shiftRight(word, 8), 'float32')) as unknown as Words
  return { words: top, blocks, batch }
}

/** Joins four [batch, blocks] parts into `shape`. */
function join(parts: Words, shape: readonly number[], batch: number, blocks: number): Node {
  const wide = concat(
    parts.map((part) => expand(part, [batch, blocks])),
    1,
  )
  const each = sizeOf(shape) / batch
  return reshape(slice(wide, [1], [0], [each]), shape)
}

function uniformNode(stream: string, shape: readonly number[]): Node {
  const drawn = words(stream, shape)
  return mul(join(drawn.words, shape, drawn.batch, drawn.blocks), scalar(uniformScale))
}

/**
 * Uniform noise in [0, 1), a value for each element; the first size is the batch (or a multiple of it).
 * `stream` names the draw inside its layer; a second draw of one name is another stream.
 */
export const uniform = <const S extends readonly number[]>(stream: string, shape: S): Tensor<RankOf<S>> =>
  new Tensor(uniformNode(stream, shape))

/**
 * Standard normal noise (Box & Muller 1958); shape as for `uniform`.
 * In float64, then rounded: float32 kernels differ in the last bit between vector lanes and the rest, so with the batch size.
 */
export function normal<const S extends readonly number[]>(stream: string, shape: S): Tensor<RankOf<S>> {
  const { words: drawn, batch, blocks } = words(stream, shape)
  const pair = (first: Node, second: Node): [Node, Node] => {
    const wide = (node: Node, scale: number): Node => mul(cast(node, 'float64'), scalar(scale, 'float64'))
    const radius = sqrt(mul(log(wide(add(first, scalar(1)), uniformScale)), scalar(-2, 'float64')))
    const angle = wide(second, 2 * Math.PI * uniformScale)
    return [cast(mul(radius, cos(angle)), 'float32'), cast(mul(radius, sin(angle)), 'float32')]
  }
  const [a, b] = pair(drawn[0], drawn[1])
  const [c, d] = pair(drawn[2], drawn[3])
  return new Tensor(join([a, b, c, d], shape, batch, blocks))
}

/** True with probability p; shape as for `uniform`. */
export const bernoulli = <const S extends readonly number[]>(
  stream: string,
  shape: S,
  p: number,
): Tensor<RankOf<S>, 'bool'> => new Tensor(less(uniformNode(stream, shape), scalar(p)))
