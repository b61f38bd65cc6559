// Matrix products: Gemm for two matrices, batched MatMul above rank 2.
// Operands of any rank come through ops/product.ts, which reshapes them.
import { type Node, primitive } from '../graph/node.ts'
import { broadcast } from '../graph/shape.ts'
import { transpose } from './layout.ts'
import { sum, unbroadcast } from './reduce.ts'

interface Sides {
  /** Transpose the last two axes of the left, of the right operand. */
  readonly left: boolean
  readonly right: boolean
}

const swapLast = (x: Node): Node => {
  const order = x.shape.map((_, i) => i)
  const last = order.length - 1
  ;[order[last], order[last - 1]] = [last - 1, last]
  return transpose(x, order)
}

const gemmNode = primitive<Sides>({
  name: 'gemm',
  value: ([a, b], { left, right }) => ({
    shape: [a!.shape[left ? 1 : 0]!, b!.shape[right ? 0 : 1]!],
    dtype: 'float32',
  }),
  emit: (e, inputs, { left, right }) => e.op('Gemm', inputs, { transA: left ? 1 : 0, transB: right ? 1 : 0 }),
  vjp: ([a, b, bias], g, { left, right }) => [
    left ? gemm(b!, g, { left: right, right: true }) : gemm(g, b!, { left: false, right: !right }),
    right ? gemm(g, a!, { left: true, right: left }) : gemm(a!, g, { left: !left, right: false }),
    ...(bias ? [sum(g, [0])] : []),
  ],
})
/** Product of two matrices, either of them transposed, plus an optional bias [columns]. */
export const gemm = (a: Node, b: Node, sides: Sides, bias?: Node): Node => gemmNode(bias ? [a, b, bias] : [a, b], sides)

const batchNode = primitive<null>({
  name: 'batchMatmul',
  value: ([a, b]) => ({
    shape: [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2), 'matmul'), a!.shape.at(-2)!, b!.shape.at(-1)!],
    dtype: 'float32',
  }),
  emit: (e, inputs) => e.op('MatMul', inputs),
  vjp: ([a, b], g) => [
    unbroadcast(batchMatmul(g, swapLast(b!)), a!.shape),
    unbroadcast(batchMatmul(swapLast(a!), g), b!.shape),
  ],
})
/** [..., n, k] × [..., k, m] → [..., n, m]; leading axes broadcast. */
export const batchMatmul = (a: Node, b: Node): Node => batchNode([a, b], null)
