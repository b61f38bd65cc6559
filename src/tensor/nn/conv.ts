// 2-D convolution and pooling layers, NCHW.
// Their arithmetic and gradients are in primitives/conv.ts and primitives/pool.ts.
import { fail } from '../graph/error.ts'
import { show } from '../graph/shape.ts'
import * as init from '../init.ts'
import * as conv from '../primitives/conv.ts'
import * as pool from '../primitives/pool.ts'
import { Tensor } from '../tensor.ts'
import type { Any } from '../types.ts'
import { type Module, module } from './module.ts'
import { type Param, param } from './param.ts'

export interface Conv2dOptions {
  readonly stride?: number
  /** Zeros on each side of the image. */
  readonly padding?: number
  readonly bias?: boolean
}
type Images = (x: Tensor<4>) => Tensor<4>

function outputSize(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  what: string,
  shape: readonly number[],
): void {
  if (size + 2 * padding >= kernel && Number.isInteger(stride) && stride > 0) return
  fail({
    code: 'SHAPE_WINDOW',
    seen: `${what} over ${show(shape)}`,
    expected: `a height and width of ${kernel - 2 * padding} or more, and a positive whole stride`,
  })
}

function checkImages(x: Tensor<4>, what: string): void {
  if (x.node.shape.length === 4) return
  fail({
    code: 'SHAPE_RANK',
    seen: `${what} of ${show(x.node.shape)}`,
    expected: 'rank 4: [batch, channels, height, width]',
  })
}

/**
 * [n, inputs, h, w] → [n, outputs, (h + 2·padding - kernel)/stride + 1, …]. Weight [outputs, inputs, kernel, kernel].
 * Starts uniform within 1/√(inputs·kernel²) (torch.nn.Conv2d). Throws SHAPE_CONV, SHAPE_WINDOW.
 */
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: number,
  options: Conv2dOptions & { readonly bias: false },
): Module<{ weight: Param<4> }, Images>
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: number,
  options?: Conv2dOptions,
): Module<{ weight: Param<4>; bias?: Param<1> }, Images>
export function conv2d(inputs: number, outputs: number, kernel: number, options: Conv2dOptions = {}): Any {
  const { stride = 1, padding = 0 } = options
  const what = `conv2d(${inputs}, ${outputs}, ${kernel})`
  const bound = 1 / Math.sqrt(inputs * kernel * kernel)
  const weight = param([outputs, inputs, kernel, kernel], { init: init.kaimingUniform() })
  const bias =
    options.bias === false ? undefined : param([outputs], { role: 'bias', init: init.uniform(-bound, bound) })
  const forward = (_: Any, x: Tensor<4>): Tensor<4> => {
    checkImages(x, what)
    const [, channels, height, width] = x.node.shape as [number, number, number, number]
    if (channels !== inputs) {
      fail({
        code: 'SHAPE_CONV',
        seen: `${channels} channels, from ${show(x.node.shape)}`,
        expected: `${inputs}, declared by ${what}`,
        try: `conv2d(${channels}, ${outputs}, ${kernel})`,
      })
    }
    outputSize(Math.min(height, width), kernel, stride, padding, what, x.node.shape)
    const pads = [padding, padding, padding, padding] as const
    return new Tensor(conv.conv2d(x.node, weight.node, { stride, pads }, bias?.node))
  }
  return bias ? module({ weight, bias }, forward) : module({ weight }, forward)
}

export interface PoolOptions {
  /** The kernel's size unless given. */
  readonly stride?: number
  readonly padding?: number
}

function pooling(name: string, run: typeof pool.maxPool2d) {
  return (kernel: number, { stride = kernel, padding = 0 }: PoolOptions = {}): Images =>
    (x) => {
      const what = `${name}(${kernel})`
      checkImages(x, what)
      outputSize(Math.min(x.node.shape[2]!, x.node.shape[3]!), kernel, stride, padding, what, x.node.shape)
      if (padding > kernel / 2) {
        fail({
          code: 'SHAPE_WINDOW',
          seen: `${what} with padding ${padding}`,
          expected: 'padding of at most half the kernel',
        })
      }
      return new Tensor(run(x.node, { kernel, stride, padding }))
    }
}

/** Largest of each window; a tie's gradient goes to the first cell. [n, c, h, w] → [n, c, oh, ow]. */
export const maxPool2d = pooling('maxPool2d', pool.maxPool2d)
/** Mean of each window, padding counted as zeros. [n, c, h, w] → [n, c, oh, ow]. */
export const avgPool2d = pooling('avgPool2d', pool.avgPool2d)
