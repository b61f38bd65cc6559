// Values picked by integer index: one-hot, rows of a table, counting ranges.
// The gradient of a lookup is a product with one-hot rows: ScatterND with repeated indices is wrong in onnxruntime 1.30.
import { type Node, primitive } from '../graph/node.ts'
import { sizeOf } from '../graph/shape.ts'
import { reshape } from './layout.ts'
import { constant } from './leaf.ts'
import { gemm } from './matmul.ts'

const oneHotNode = primitive<{ depth: number }>({
  name: 'oneHot',
  value: ([ids], { depth }) => ({ shape: [...ids!.shape, depth], dtype: 'float32' }),
  emit: (e, [ids], { depth }) =>
    e.op('OneHot', [ids!, e.scalar(depth, 'int32'), e.constant('float32', [2], Float32Array.of(0, 1))], { axis: -1 }),
  vjp: null,
})
/** int32 [...] → float32 [..., depth]; a row of zeros for an index out of range. */
export const oneHot = (ids: Node, depth: number): Node => oneHotNode([ids], { depth })

const lookupNode = primitive<null>({
  name: 'lookup',
  value: ([table, ids]) => ({ shape: [...ids!.shape, ...table!.shape.slice(1)], dtype: table!.dtype }),
  emit: (e, inputs) => e.op('Gather', inputs, { axis: 0 }),
  vjp: ([table, ids], g) => {
    const rows = sizeOf(ids!.shape)
    const hot = oneHot(reshape(ids!, [rows]), table!.shape[0]!)
    const width = sizeOf(table!.shape.slice(1))
    return [reshape(gemm(hot, reshape(g, [rows, width]), { left: true, right: false }), table!.shape), null]
  },
})
/** Rows of a table: [n, ...d] at int32 ids [...] → [..., ...d]. */
export const lookup = (table: Node, ids: Node): Node => lookupNode([table, ids], null)

/** 0, 1, … n-1 as int32. */
export const range = (n: number): Node =>
  constant(
    'int32',
    [n],
    Int32Array.from({ length: n }, (_, i) => i),
  )
