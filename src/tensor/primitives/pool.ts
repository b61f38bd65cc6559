// Max and average pooling, NCHW.
// A tie in max pooling gives its gradient to the first cell, row by row, as PyTorch does.
import { type Node, primitive } from '../graph/node.ts'
import { sizeOf } from '../graph/shape.ts'
import { convInputGradient } from './conv.ts'
import { reshape } from './layout.ts'
import { filled } from './leaf.ts'

export interface Pooling {
  readonly kernel: number
  readonly stride: number
  readonly padding: number
}

function pooledShape(x: Node, { kernel, stride, padding }: Pooling): number[] {
  const [batch, channels, height, width] = x.shape as [number, number, number, number]
  const out = (size: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1
  return [batch, channels, out(height), out(width)]
}
const attributes = ({ kernel, stride, padding }: Pooling) => ({
  kernel_shape: [kernel, kernel],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
})

const maxPoolNode = primitive<Pooling>({
  name: 'maxPool2d',
  value: ([x], pooling) => ({ shape: pooledShape(x!, pooling), dtype: 'float32' }),
  emit: (e, inputs, pooling) => {
    const [y, indices] = e.ops('MaxPool', inputs, 2, attributes(pooling))
    e.companions.set(y!, indices!)
    return y!
  },
  vjp: ([x], g, _, y) => [scatterAdd(sizeOf(x!.shape), winners(y), g, x!.shape)],
})
/** [n, c, h, w] → [n, c, oh, ow]. onnxruntime may drop a NaN beside a number, where PyTorch keeps it. */
export const maxPool2d = (x: Node, pooling: Pooling): Node => maxPoolNode([x], pooling)

const winnersNode = primitive<null>({
  name: 'winners',
  value: ([y]) => ({ shape: y!.shape, dtype: 'int64' }),
  emit: (e, [y]) => {
    const indices = e.companions.get(y!)
    if (indices === undefined) throw new Error('winners of something that is not a max pooling')
    return indices
  },
  vjp: null,
})
/** Flat index of each window's winner in the pooled tensor. */
const winners = (pooled: Node): Node => winnersNode([pooled], null)

const scatterNode = primitive<{ size: number; shape: readonly number[] }>({
  name: 'scatterAdd',
  value: (_, { shape }) => ({ shape, dtype: 'float32' }),
  emit: (e, [indices, updates], { size, shape }) => {
    const zeros = e.op('ConstantOfShape', [e.ints([size])])
    const flat = (name: string): string => e.op('Reshape', [name, e.ints([-1])])
    const sums = e.op('ScatterElements', [zeros, flat(indices!), flat(updates!)], { axis: 0, reduction: 'add' })
    return e.op('Reshape', [sums, e.ints(shape)])
  },
  vjp: null,
})
/** Adds updates at flat int64 indices into zeros. */
const scatterAdd = (size: number, indices: Node, updates: Node, shape: readonly number[]): Node =>
  scatterNode([indices, updates], { size, shape })

const avgPoolNode = primitive<Pooling>({
  name: 'avgPool2d',
  value: ([x], pooling) => ({ shape: pooledShape(x!, pooling), dtype: 'float32' }),
  emit: (e, inputs, pooling) => e.op('AveragePool', inputs, { ...attributes(pooling), count_include_pad: 1 }),
  vjp: ([x], g, { kernel, stride, padding }) => {
    const [batch, channels, height, width] = x!.shape as [number, number, number, number]
    const planes = batch * channels
    const flat = reshape(g, [planes, 1, g.shape[2]!, g.shape[3]!])
    const weights = filled([1, 1, kernel, kernel], 1 / (kernel * kernel))
    const window = { stride, pads: [padding, padding, padding, padding] as const }
    return [reshape(convInputGradient(flat, weights, [planes, 1, height, width], window), x!.shape)]
  },
})
/** Mean of each window, padding counted as zeros (PyTorch's default). */
export const avgPool2d = (x: Node, pooling: Pooling): Node => avgPoolNode([x], pooling)
