// Linear and embedding layers, PyTorch's weight layouts and initialisation.
// Convolutions are in conv.ts.
import { fail } from '../graph/error.ts'
import { show } from '../graph/shape.ts'
import * as init from '../init.ts'
import { affine } from '../ops/product.ts'
import { lookup } from '../primitives/index-of.ts'
import { Tensor } from '../tensor.ts'
import type { Any, Up } from '../types.ts'
import { type Module, module } from './module.ts'
import { type Param, param } from './param.ts'

type Map<In extends Any[], Out> = (...inputs: In) => Out

/**
 * x·Wᵀ + b over the last axis: [..., inputs] → [..., outputs]. Weight [outputs, inputs].
 * Both start uniform within 1/√inputs (torch.nn.Linear). Throws SHAPE_LINEAR.
 */
export function linear(
  inputs: number,
  outputs: number,
): Module<{ weight: Param<2>; bias: Param<1> }, <R>(x: Tensor<R>) => Tensor<R>>
export function linear(
  inputs: number,
  outputs: number,
  options: { readonly bias?: boolean },
): Module<{ weight: Param<2>; bias?: Param<1> }, <R>(x: Tensor<R>) => Tensor<R>>
export function linear(inputs: number, outputs: number, options: { readonly bias?: boolean } = {}): Any {
  const bound = 1 / Math.sqrt(inputs)
  const weight = param([outputs, inputs], { init: init.kaimingUniform() })
  const bias =
    options.bias === false ? undefined : param([outputs], { role: 'bias', init: init.uniform(-bound, bound) })
  const forward: Map<[Any, Tensor], Tensor> = (_, x) => {
    const last = x.node.shape.at(-1)
    if (x.node.shape.length < 2 || last !== inputs) {
      const source =
        x.node.op === 'reshape' ? `, from ${show(x.node.inputs[0]!.shape)} flattened` : ` of ${show(x.node.shape)}`
      fail({
        code: 'SHAPE_LINEAR',
        seen: `last size ${last}${source}`,
        expected: `${inputs}, declared by linear(${inputs}, ${outputs})`,
        try: last === undefined ? 'a tensor of rank 2 or more' : `linear(${last}, ${outputs})`,
      })
    }
    return new Tensor(affine(x.node, weight.node, bias?.node))
  }
  return bias ? module({ weight, bias }, forward) : module({ weight }, forward)
}

/** Rows of a table: int32 ids [...] → [..., width]. Weight [count, width], standard normal (torch.nn.Embedding). */
export const embedding = (
  count: number,
  width: number,
): Module<{ weight: Param<2> }, <R>(ids: Tensor<R, 'int32'>) => Tensor<Up<R>>> =>
  module({ weight: param([count, width], { role: 'embedding' }) }, (m, ids: Tensor<Any, 'int32'>) => {
    if (ids.node.dtype !== 'int32') {
      fail({ code: 'EMBEDDING_IDS', seen: `${ids.node.dtype} ids`, expected: 'int32 ids' })
    }
    return new Tensor<Any>(lookup(m.weight.node, ids.node))
  })
