// Matrix products of operands of any rank, as Gemm where that is possible.
// The primitives themselves are in primitives/matmul.ts.
import { fail } from '../graph/error.ts'
import type { Node } from '../graph/node.ts'
import { show, sizeOf } from '../graph/shape.ts'
import { reshape } from '../primitives/layout.ts'
import { batchMatmul, gemm } from '../primitives/matmul.ts'

/** [..., n, k] × [..., k, m] → [..., n, m]; leading axes broadcast. Throws SHAPE_MATMUL. */
export function matmul(a: Node, b: Node): Node {
  const inner = a.shape.at(-1)
  if (a.shape.length < 2 || b.shape.length < 2 || inner !== b.shape.at(-2)) {
    fail({
      code: 'SHAPE_MATMUL',
      seen: `${show(a.shape)} times ${show(b.shape)}`,
      expected: 'rank 2 or more, and the last size of the left equal to the last but one of the right',
      try: 'transpose(-2, -1) of one of them',
    })
  }
  if (b.shape.length > 2) return batchMatmul(a, b)
  const rows = a.shape.slice(0, -1)
  const product = gemm(reshape(a, [sizeOf(rows), inner!]), b, { left: false, right: false })
  return reshape(product, [...rows, b.shape[1]!])
}

/** x·Wᵀ + b over the last axis: [..., in], weight [out, in] → [..., out]. */
export function affine(x: Node, weight: Node, bias: Node | undefined): Node {
  const rows = x.shape.slice(0, -1)
  const [out, inner] = weight.shape as [number, number]
  const y = gemm(reshape(x, [sizeOf(rows), inner]), weight, { left: false, right: true }, bias)
  return reshape(y, [...rows, out])
}
