// Normalisation layers: batch norm with running statistics, layer norm.
// The arithmetic and its gradient are in ops/normalise.ts.
import { fail } from '../graph/error.ts'
import { show, sizeOf } from '../graph/shape.ts'
import { currentTrace } from '../graph/trace.ts'
import * as init from '../init.ts'
import { batchNormalise, layerNormalise } from '../ops/normalise.ts'
import { channelAffine } from '../primitives/channel.ts'
import { add, mul, reciprocal, sqrt, sub } from '../primitives/elementwise.ts'
import { scalar } from '../primitives/leaf.ts'
import { Tensor } from '../tensor.ts'
import type { Any } from '../types.ts'
import { type Module, module } from './module.ts'
import { type Param, param, type State, state } from './param.ts'

export interface BatchNormOptions {
  /** Weight of the new batch in the running statistics. */
  readonly momentum?: number
  readonly eps?: number
}
type BatchNorm<R> = Module<
  { weight: Param<1>; bias: Param<1>; running_mean: State<1>; running_var: State<1> },
  (x: Tensor<R>) => Tensor<R>
>

function batchNorm<R>(
  channels: number,
  rank: number,
  { momentum = 0.1, eps = 1e-5 }: BatchNormOptions = {},
): BatchNorm<R> {
  const name = `batchNorm${rank - 2 || 1}d`
  const children = {
    weight: param([channels], { role: 'norm', init: init.ones() }),
    bias: param([channels], { role: 'norm', init: init.zeros() }),
    running_mean: state([channels], { init: init.zeros() }),
    running_var: state([channels], { init: init.ones() }),
  }
  return module(children, (m, x: Tensor<R>) => {
    const { shape } = x.node
    if (shape.length !== rank || shape[1] !== channels) {
      fail({
        code: 'SHAPE_NORM',
        seen: show(shape),
        expected: `rank ${rank} with ${channels} channels on axis 1, declared by ${name}(${channels})`,
      })
    }
    if (currentTrace('batch norm').mode === 'evaluation') {
      const scale = mul(reciprocal(sqrt(add(m.running_var.node, scalar(eps)))), m.weight.node)
      const shift = sub(m.bias.node, mul(m.running_mean.node, scale))
      return new Tensor(channelAffine(x.node, scale, shift))
    }
    const count = sizeOf(shape) / channels
    if (count < 2) {
      fail({ code: 'NORM_ONE_VALUE', seen: `${name} over one value a channel`, expected: 'two or more while training' })
    }
    const { y, mean, variance } = batchNormalise(x.node, m.weight.node, m.bias.node, eps)
    const running = (old: State<1>, fresh: typeof mean, correction: number): void => {
      const kept = mul(old.node, scalar(1 - momentum))
      old.update(new Tensor(add(kept, mul(fresh, scalar(momentum * correction)))))
    }
    running(m.running_mean, mean, 1)
    running(m.running_var, variance, count / (count - 1))
    return new Tensor<R>(y)
  })
}

/** Normalises each channel over batch and image: [n, channels, h, w]. Running variance unbiased, as torch.nn.BatchNorm2d. */
export const batchNorm2d = (channels: number, options?: BatchNormOptions): BatchNorm<4> =>
  batchNorm(channels, 4, options)
/** Normalises each channel over the batch: [n, channels]. */
export const batchNorm1d = (channels: number, options?: BatchNormOptions): BatchNorm<2> =>
  batchNorm(channels, 2, options)

/** Normalises over the last axis: [..., width]. Ba, Kiros & Hinton 2016; eps 1e-5 as torch.nn.LayerNorm. */
export const layerNorm = (
  width: number,
  { eps = 1e-5 }: { readonly eps?: number } = {},
): Module<{ weight: Param<1>; bias: Param<1> }, <R>(x: Tensor<R>) => Tensor<R>> => {
  const children = {
    weight: param([width], { role: 'norm', init: init.ones() }),
    bias: param([width], { role: 'norm', init: init.zeros() }),
  }
  return module(children, (m, x: Tensor<Any>) => {
    const { shape } = x.node
    if (shape.at(-1) !== width) {
      fail({
        code: 'SHAPE_NORM',
        seen: `last size ${shape.at(-1)} of ${show(shape)}`,
        expected: `${width}, declared by layerNorm(${width})`,
      })
    }
    return new Tensor<Any>(layerNormalise(x.node, m.weight.node, m.bias.node, eps))
  })
}
