// The symbolic tensor that users compute with: methods for arithmetic, reductions and shape.
// It holds no numbers. Layers and losses are functions, elsewhere.
import { fail } from './graph/error.ts'
import type { Node } from './graph/node.ts'
import { axesOf, axisOf, resolveReshape, show, sizeOf } from './graph/shape.ts'
import { matmul } from './ops/product.ts'
import * as compare from './primitives/compare.ts'
import { stopGradient } from './primitives/custom.ts'
import * as math from './primitives/elementwise.ts'
import * as layout from './primitives/layout.ts'
import { scalar } from './primitives/leaf.ts'
import * as reduce from './primitives/reduce.ts'
import type { Any, Down, DType, Max, RankOf, ShapeOf, Tuple } from './types.ts'

declare const rank: unique symbol
declare const dtype: unique symbol

type Axes = number | readonly number[]
type Keep = { readonly keepdims: true }

/** A value of the traced graph: R is its rank, D its element type; sizes are known only while tracing. */
export class Tensor<R = Any, D extends DType = 'float32'> {
  declare readonly [rank]: R
  declare readonly [dtype]: D
  readonly shape: ShapeOf<R>
  /** The graph node; for the compiler. */
  readonly node: Node

  constructor(node: Node) {
    this.node = node
    this.shape = node.shape as ShapeOf<R>
  }

  get dtype(): D {
    return this.node.dtype as D
  }

  /** JavaScript asked for a number. Throws TENSOR_NO_VALUE. */
  [Symbol.toPrimitive](): never {
    return fail({
      code: 'TENSOR_NO_VALUE',
      seen: `a tensor of shape ${show(this.node.shape)} used as a JavaScript value`,
      expected: 'tensor methods: a tensor has no value while the graph is traced',
      try: 'x.add(1) for x + 1, x.greater(0) for x > 0, F.where() for if',
    })
  }

  add<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, D> {
    return new Tensor(math.add(this.node, operand(this, other)))
  }
  sub<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, D> {
    return new Tensor(math.sub(this.node, operand(this, other)))
  }
  mul<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, D> {
    return new Tensor(math.mul(this.node, operand(this, other)))
  }
  div<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, D> {
    return new Tensor(math.div(this.node, operand(this, other)))
  }
  /** Elementwise larger; where equal the gradient goes to this one. */
  maximum<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, D> {
    return new Tensor(math.maximum(this.node, operand(this, other)))
  }
  /** Elementwise smaller; where equal the gradient goes to this one. */
  minimum<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, D> {
    return new Tensor(math.minimum(this.node, operand(this, other)))
  }

  neg(): Tensor<R, D> {
    return new Tensor(math.neg(this.node))
  }
  abs(): Tensor<R, D> {
    return new Tensor(math.abs(this.node))
  }
  exp(): Tensor<R> {
    return new Tensor(math.exp(this.node))
  }
  /** Natural logarithm. */
  log(): Tensor<R> {
    return new Tensor(math.log(this.node))
  }
  sqrt(): Tensor<R> {
    return new Tensor(math.sqrt(this.node))
  }
  /** 1 / √x */
  rsqrt(): Tensor<R> {
    return new Tensor(math.reciprocal(math.sqrt(this.node)))
  }
  square(): Tensor<R, D> {
    return new Tensor(math.mul(this.node, this.node))
  }
  /** x to a constant power. */
  pow(exponent: number): Tensor<R> {
    return new Tensor(math.pow(this.node, exponent))
  }
  /** The same values with no gradient through them. */
  detach(): Tensor<R, D> {
    return new Tensor(stopGradient(this.node))
  }

  /** Sum over one axis, several, or all. */
  sum(): Tensor<0, D>
  sum(axis: Axes, keep: Keep): Tensor<R, D>
  sum(axis: number): Tensor<Down<R>, D>
  sum(axes: Axes): Tensor<Any, D>
  sum(axes?: Axes, keep?: Keep): Tensor<Any, D> {
    return new Tensor(reduce.sum(this.node, axesOf(axes, this.shape.length), keep?.keepdims))
  }
  /** Mean over one axis, several, or all. */
  mean(): Tensor<0>
  mean(axis: Axes, keep: Keep): Tensor<R>
  mean(axis: number): Tensor<Down<R>>
  mean(axes: Axes): Tensor<Any>
  mean(axes?: Axes, keep?: Keep): Tensor<Any> {
    return new Tensor(reduce.mean(this.node, axesOf(axes, this.shape.length), keep?.keepdims))
  }
  /** Largest over one axis, several, or all; ties share the gradient evenly (torch.amax). */
  max(): Tensor<0, D>
  max(axis: Axes, keep: Keep): Tensor<R, D>
  max(axis: number): Tensor<Down<R>, D>
  max(axes: Axes): Tensor<Any, D>
  max(axes?: Axes, keep?: Keep): Tensor<Any, D> {
    return new Tensor(reduce.max(this.node, axesOf(axes, this.shape.length), keep?.keepdims))
  }
  /** Index of the first largest along an axis. */
  argmax(axis: number): Tensor<Down<R>, 'int32'> {
    return new Tensor(reduce.argmax(this.node, axisOf(axis, this.shape.length)))
  }

  /** The same values in another shape; one size may be -1. Throws SHAPE_RESHAPE. */
  reshape<const S extends readonly number[]>(shape: S): Tensor<RankOf<S>, D> {
    return new Tensor(layout.reshape(this.node, resolveReshape(this.node.shape, shape)))
  }
  /** Joins the axes from `from` on: flatten(1) of [n, c, h, w] is [n, c·h·w]. */
  flatten(from: 1): Tensor<2, D>
  flatten(from?: 0): Tensor<1, D>
  flatten(from: number): Tensor<Any, D>
  flatten(from = 0): Tensor<Any, D> {
    const { shape } = this.node
    const at = axisOf(from, shape.length)
    return new Tensor(layout.reshape(this.node, [...shape.slice(0, at), sizeOf(shape.slice(at))]))
  }
  /** Axis i of the result is axis order[i]. */
  permute(order: readonly number[]): Tensor<R, D> {
    const axes = order.map((axis) => axisOf(axis, this.shape.length))
    if (new Set(axes).size !== this.shape.length) {
      fail({
        code: 'SHAPE_PERMUTE',
        seen: `permute(${show(order)}) of ${show(this.node.shape)}`,
        expected: 'each axis once',
      })
    }
    return new Tensor(layout.transpose(this.node, axes))
  }
  /** Swaps two axes. */
  transpose(a: number, b: number): Tensor<R, D> {
    const order = axesOf(undefined, this.shape.length)
    const [i, j] = [axisOf(a, order.length), axisOf(b, order.length)]
    ;[order[i], order[j]] = [j, i]
    return new Tensor(layout.transpose(this.node, order))
  }
  /** Broadcasts to a shape. */
  expand<const S extends readonly number[]>(shape: S): Tensor<RankOf<S>, D> {
    return new Tensor(layout.expand(this.node, shape))
  }
  /** [..., n, k] × [..., k, m] → [..., n, m]; leading axes broadcast. Throws SHAPE_MATMUL. */
  matmul<Q>(other: Tensor<Q>): Tensor<Max<R, Q>> {
    return new Tensor(matmul(this.node, other.node))
  }
  /** Values start, start + step, … below end along an axis; negative bounds count from the end. */
  slice(axis: number, start: number, end?: number, step = 1): Tensor<R, D> {
    const at = axisOf(axis, this.shape.length)
    const size = this.node.shape[at]!
    const bound = (value: number): number => Math.min(size, Math.max(0, value < 0 ? size + value : value))
    const from = bound(start)
    if (!Number.isInteger(step) || step < 1) {
      fail({ code: 'SHAPE_SLICE', seen: `step ${step}`, expected: 'a positive whole number' })
    }
    return new Tensor(layout.slice(this.node, [at], [from], [Math.max(from, bound(end ?? size))], [step]))
  }
  /** n equal parts along an axis. Throws SHAPE_SPLIT. */
  split<const N extends number>(n: N, axis: number): Tuple<N, Tensor<R, D>> {
    const at = axisOf(axis, this.shape.length)
    const part = this.node.shape[at]! / n
    if (!Number.isInteger(part) || n < 1) {
      fail({ code: 'SHAPE_SPLIT', seen: `${this.node.shape[at]} along axis ${axis}`, expected: `a multiple of ${n}` })
    }
    return Array.from(
      { length: n },
      (_, i) => new Tensor(layout.slice(this.node, [at], [i * part], [(i + 1) * part])),
    ) as Tuple<N, Tensor<R, D>>
  }
  /** The n tensors along an axis (the first by default), without it. Throws SHAPE_UNBIND. */
  unbind<const N extends number>(n: N, axis = 0): Tuple<N, Tensor<Down<R>, D>> {
    const at = axisOf(axis, this.shape.length)
    if (this.node.shape[at] !== n) {
      fail({ code: 'SHAPE_UNBIND', seen: `size ${this.node.shape[at]} along axis ${axis}`, expected: `${n}` })
    }
    const shape = this.node.shape.filter((_, i) => i !== at)
    return Array.from(
      { length: n },
      (_, i) => new Tensor(layout.reshape(layout.slice(this.node, [at], [i], [i + 1]), shape)),
    ) as Tuple<N, Tensor<Down<R>, D>>
  }

  equal<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, 'bool'> {
    return new Tensor(compare.equal(this.node, operand(this, other)))
  }
  less<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, 'bool'> {
    return new Tensor(compare.less(this.node, operand(this, other)))
  }
  lessEqual<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, 'bool'> {
    return new Tensor(compare.lessEqual(this.node, operand(this, other)))
  }
  greater<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, 'bool'> {
    return new Tensor(compare.greater(this.node, operand(this, other)))
  }
  greaterEqual<Q = 0>(other: Tensor<Q, D> | number): Tensor<Max<R, Q>, 'bool'> {
    return new Tensor(compare.greaterEqual(this.node, operand(this, other)))
  }
  /** The same values as another element type; true is 1. */
  cast<const E extends DType>(to: E): Tensor<R, E> {
    return new Tensor(compare.cast(this.node, to))
  }
}

/** A number beside a tensor becomes a constant of the tensor's element type. */
function operand(tensor: Tensor<Any, DType>, other: Tensor<Any, DType> | number): Node {
  if (typeof other === 'number') return scalar(other, tensor.node.dtype)
  if (!(other instanceof Tensor)) {
    fail({ code: 'TENSOR_OPERAND', seen: `${typeof other} as an operand`, expected: 'a tensor or a number' })
  }
  if (other.node.dtype !== tensor.node.dtype) {
    fail({
      code: 'TENSOR_DTYPE',
      seen: `${tensor.node.dtype} with ${other.node.dtype}`,
      expected: 'one element type',
      try: "x.cast('float32')",
    })
  }
  return other.node
}
