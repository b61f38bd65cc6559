// 2-D convolution, NCHW, square strides, and its two gradients in portable forms.
// Faster forms (blocked layouts) may replace the emissions here; nothing else knows them.
import { type Node, primitive } from '../graph/node.ts'
import type { Shape } from '../graph/shape.ts'
import { concat, dilate, flip, pad, reshape, slice, transpose } from './layout.ts'
import { batchMatmul } from './matmul.ts'
import { sum } from './reduce.ts'

export interface Window {
  readonly stride: number
  /** Zeros around the image: [top, left, bottom, right]. */
  readonly pads: readonly [number, number, number, number]
}

const convNode = primitive<Window>({
  name: 'conv2d',
  value: ([x, w], { stride, pads: [top, left, bottom, right] }) => {
    const [batch, , height, width] = x!.shape as [number, number, number, number]
    const [out, , kernelHeight, kernelWidth] = w!.shape as [number, number, number, number]
    const rows = Math.floor((height + top + bottom - kernelHeight) / stride) + 1
    const columns = Math.floor((width + left + right - kernelWidth) / stride) + 1
    return { shape: [batch, out, rows, columns], dtype: 'float32' }
  },
  emit: (e, inputs, { stride, pads }, node) =>
    e.op('Conv', inputs, { kernel_shape: kernelOf(node), strides: [stride, stride], pads }),
  vjp: ([x, w, bias], g, window) => [
    convInputGradient(g, w!, x!.shape, window),
    convWeightGradient(g, x!, w!.shape, window),
    ...(bias ? [sum(g, [0, 2, 3])] : []),
  ],
})
const kernelOf = (node: Node): number[] => [...node.inputs[1]!.shape.slice(2)]

/** x [n, c, h, w], weights [o, c, kh, kw], bias [o] → [n, o, oh, ow]. Cross-correlation, as in PyTorch. */
export const conv2d = (x: Node, w: Node, window: Window, bias?: Node): Node =>
  convNode(bias ? [x, w, bias] : [x, w], window)

/**
 * Gradient by the input: the output's gradient, zeros put between for the stride, convolved with the flipped kernel.
 * Dumoulin & Visin 2016, "A guide to convolution arithmetic", section 4.6.
 */
export function convInputGradient(g: Node, w: Node, shape: Shape, { stride, pads }: Window): Node {
  const [kernelHeight, kernelWidth] = w.shape.slice(2) as [number, number]
  const [height, width] = shape.slice(2) as [number, number]
  const spaced = dilate(dilate(g, 2, stride), 3, stride)
  const [top, left] = [kernelHeight - 1 - pads[0], kernelWidth - 1 - pads[1]]
  const bottom = height - spaced.shape[2]! - top + kernelHeight - 1
  const right = width - spaced.shape[3]! - left + kernelWidth - 1
  const turned = flip(transpose(w, [1, 0, 2, 3]), [2, 3])
  const around = [top, left, bottom, right] as const
  if (around.every((count) => count >= 0)) return conv2d(spaced, turned, { stride: 1, pads: around })
  // padding wider than the kernel: some outputs saw only zeros, cut their gradients off
  const cut = around.map((count) => Math.max(0, -count)) as [number, number, number, number]
  const kept = slice(spaced, [2, 3], [cut[0], cut[1]], [spaced.shape[2]! - cut[2], spaced.shape[3]! - cut[3]])
  return conv2d(kept, turned, {
    stride: 1,
    pads: around.map((count) => Math.max(0, count)) as [number, number, number, number],
  })
}

/** Gradient by the weights: patches of the input (im2col) times the output's gradient, summed over the batch. */
function convWeightGradient(g: Node, x: Node, shape: Shape, { stride, pads }: Window): Node {
  const [out, channels, kernelHeight, kernelWidth] = shape as [number, number, number, number]
  const [batch, , rows, columns] = g.shape as [number, number, number, number]
  const padded = pad(x, [0, 0, pads[0], pads[1]], [0, 0, pads[2], pads[3]])
  const patches: Node[] = []
  for (let i = 0; i < kernelHeight; i++) {
    for (let j = 0; j < kernelWidth; j++) {
      const ends = [i + (rows - 1) * stride + 1, j + (columns - 1) * stride + 1]
      patches.push(slice(padded, [2, 3], [i, j], ends, [stride, stride]))
    }
  }
  const taps = kernelHeight * kernelWidth
  const unfolded = reshape(patches.length === 1 ? patches[0]! : concat(patches, 1), [
    batch,
    taps * channels,
    rows * columns,
  ])
  const each = batchMatmul(reshape(g, [batch, out, rows * columns]), transpose(unfolded, [0, 2, 1]))
  return reshape(transpose(reshape(sum(each, [0]), [out, taps, channels]), [0, 2, 1]), shape)
}
