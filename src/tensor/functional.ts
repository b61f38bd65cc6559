// The list behind `F`: functions of several tensors, and tensors made from nothing.
// What a tensor does alone is a method; layers with parameters are in nn.
import { fail } from './graph/error.ts'
import { axisOf, show } from './graph/shape.ts'
import { checkProbability, dropped } from './nn/dropout.ts'
import * as composed from './ops/softmax.ts'
import { where as select } from './primitives/compare.ts'
import { mul } from './primitives/elementwise.ts'
import { range as counting, oneHot as hot } from './primitives/index-of.ts'
import { concat as join, reshape, transpose } from './primitives/layout.ts'
import { constant, filled, scalar } from './primitives/leaf.ts'
import { batchMatmul } from './primitives/matmul.ts'
import { Tensor } from './tensor.ts'
import type { Any, DType, Max, RankOf, Up } from './types.ts'

/** `a` where the condition holds, else `b`; all three broadcast. */
export function where<C, A = 0, B = 0>(
  condition: Tensor<C, 'bool'>,
  a: Tensor<A> | number,
  b: Tensor<B> | number,
): Tensor<Max<C, Max<A, B>>> {
  const node = (x: Tensor | number) => (typeof x === 'number' ? scalar(x) : x.node)
  return new Tensor(select(condition.node, node(a as Tensor), node(b as Tensor)))
}

/** Joins tensors along an axis. Throws SHAPE_CONCAT. */
export function concat<R, D extends DType = 'float32'>(parts: readonly Tensor<R, D>[], axis: number): Tensor<R, D> {
  const first = parts[0]?.node
  if (!first) fail({ code: 'SHAPE_CONCAT', seen: 'no tensors', expected: 'one or more' })
  const at = axisOf(axis, first.shape.length)
  for (const { node } of parts) {
    const fits =
      node.shape.length === first.shape.length && node.shape.every((size, i) => i === at || size === first.shape[i])
    if (!fits)
      fail({
        code: 'SHAPE_CONCAT',
        seen: `${show(first.shape)} with ${show(node.shape)}`,
        expected: `equal sizes but for axis ${axis}`,
      })
  }
  return new Tensor(
    join(
      parts.map((part) => part.node),
      at,
    ),
  )
}

/** Joins tensors of one shape along a new first axis. */
export const stack = <R>(parts: readonly Tensor<R>[]): Tensor<Up<R>> =>
  concat(
    parts.map((part) => new Tensor<Any>(reshape(part.node, [1, ...part.node.shape]))),
    0,
  )

/** 0, 1, … n - 1. */
export const range = (n: number): Tensor<1, 'int32'> => new Tensor(counting(n))
/** A tensor filled with one value. */
export const full = <const S extends readonly number[]>(shape: S, value: number): Tensor<RankOf<S>> =>
  new Tensor(filled(shape, value))
/** int32 ids [...] → float32 [..., depth]. */
export const oneHot = <R>(ids: Tensor<R, 'int32'>, depth: number): Tensor<Up<R>> => new Tensor(hot(ids.node, depth))
/** log softmax over the last axis unless another is given. */
export const logSoftmax = <R>(x: Tensor<R>, axis = -1): Tensor<R> =>
  new Tensor(composed.logSoftmax(x.node, axisOf(axis, x.node.shape.length)))

/**
 * softmax(q·kᵀ/√d)·v, [batch, heads, time, d] each. Vaswani et al. 2017, section 3.2.1.
 * `causal` hides later times; `dropout` drops attention weights while training. Throws SHAPE_ATTENTION.
 */
export function attention(
  q: Tensor<4>,
  k: Tensor<4>,
  v: Tensor<4>,
  options: { readonly causal?: boolean; readonly dropout?: number } = {},
): Tensor<4> {
  const [queries, depth] = [q.node.shape[2]!, q.node.shape[3]!]
  const keys = k.node.shape[2]!
  if (k.node.shape[3] !== depth || v.node.shape[2] !== keys || (options.causal && queries !== keys)) {
    fail({
      code: 'SHAPE_ATTENTION',
      seen: `q ${show(q.node.shape)}, k ${show(k.node.shape)}, v ${show(v.node.shape)}`,
      expected: 'q and k of one depth, k and v of one time; all of one time when causal',
    })
  }
  checkProbability(options.dropout ?? 0)
  const scaled = mul(q.node, scalar(1 / Math.sqrt(depth)))
  const scores = batchMatmul(scaled, transpose(k.node, [0, 1, 3, 2]))
  const visible = (): Tensor<2, 'bool'> =>
    new Tensor(
      constant(
        'bool',
        [queries, keys],
        Uint8Array.from({ length: queries * keys }, (_, i) => (i % keys <= Math.floor(i / keys) ? 1 : 0)),
      ),
    )
  const masked = options.causal ? select(visible().node, scores, scalar(-1e30)) : scores
  const weights = dropped(composed.softmax(masked, 3), options.dropout ?? 0, 'attention')
  return new Tensor(batchMatmul(weights, v.node))
}
