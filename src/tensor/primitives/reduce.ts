// Reductions over axes, and the inverse of broadcasting.
// Axes arrive sorted and non-negative (shape.ts does that for users' axes).
import { type Node, primitive } from '../graph/node.ts'
import { reducedShape, type Shape, sameShape, sizeOf } from '../graph/shape.ts'
import { cast, equal } from './compare.ts'
import { div, mul } from './elementwise.ts'
import { expand, reshape } from './layout.ts'
import { scalar } from './leaf.ts'

interface Reduction {
  readonly axes: readonly number[]
  readonly keepdims: boolean
}
type Reduce = (x: Node, axes: readonly number[], keepdims?: boolean) => Node

/** The gradient of a reduction, spread over the shape that was reduced. */
const spread = (g: Node, shape: Shape, axes: readonly number[]): Node =>
  expand(reshape(g, reducedShape(shape, axes, true)), shape)

function reduction(
  name: string,
  onnx: string,
  vjp: (x: Node, g: Node, axes: readonly number[], y: Node) => Node,
): Reduce {
  const make = primitive<Reduction>({
    name,
    value: ([x], { axes, keepdims }) => ({ shape: reducedShape(x!.shape, axes, keepdims), dtype: x!.dtype }),
    emit: (e, [x], { axes, keepdims }) => e.op(onnx, [x!, e.ints(axes)], { keepdims: keepdims ? 1 : 0 }),
    vjp: ([x], g, { axes }, y) => [vjp(x!, g, axes, y)],
  })
  return (x, axes, keepdims = false) => (axes.length === 0 ? x : make([x], { axes, keepdims }))
}

export const sum = reduction('sum', 'ReduceSum', (x, g, axes) => spread(g, x.shape, axes))
export const mean = reduction('mean', 'ReduceMean', (x, g, axes) =>
  spread(mul(g, scalar(1 / sizeOf(axes.map((axis) => x.shape[axis]!)))), x.shape, axes),
)
/** Σ x² */
export const sumSquare = reduction('sumSquare', 'ReduceSumSquare', (x, g, axes) =>
  mul(mul(x, scalar(2)), spread(g, x.shape, axes)),
)
/** Largest; ties share the gradient evenly, as torch.amax. onnxruntime may drop a NaN beside a number. */
export const max = reduction('max', 'ReduceMax', (x, g, axes, y) => {
  const hit = cast(equal(x, reshape(y, reducedShape(x.shape, axes, true))), 'float32')
  return mul(div(hit, sum(hit, axes, true)), reshape(g, reducedShape(x.shape, axes, true)))
})

const argmaxNode = primitive<{ axis: number }>({
  name: 'argmax',
  value: ([x], { axis }) => ({ shape: reducedShape(x!.shape, [axis], false), dtype: 'int32' }),
  emit: (e, [x], { axis }) => e.op('Cast', [e.op('ArgMax', [x!], { axis, keepdims: 0 })], { to: 6 }),
  vjp: null,
})
/** Index of the first largest along an axis, int32. */
export const argmax = (x: Node, axis: number): Node => argmaxNode([x], { axis })

/** Sums what broadcasting repeated, so that the result has `shape`. */
export function unbroadcast(g: Node, shape: Shape): Node {
  if (sameShape(g.shape, shape)) return g
  const extra = g.shape.length - shape.length
  const axes = g.shape.map((_, i) => i).filter((i) => i < extra || (shape[i - extra] === 1 && g.shape[i] !== 1))
  return reshape(sum(g, axes), shape)
}
