// Comparisons giving bool tensors, selection by them, and casts.
// No gradient passes a comparison; `where` passes it to the side it took.
import { type Node, type NodeType, primitive } from '../graph/node.ts'
import { broadcast } from '../graph/shape.ts'
import { dataTypeCode } from '../onnx/graph.ts'
import { scalar } from './leaf.ts'
import { unbroadcast } from './reduce.ts'

function comparison(name: string, onnx: string) {
  const make = primitive<null>({
    name,
    value: ([a, b]) => ({ shape: broadcast(a!.shape, b!.shape, name), dtype: 'bool' }),
    emit: (e, inputs) => e.op(onnx, inputs),
    vjp: null,
  })
  return (a: Node, b: Node): Node => make([a, b], null)
}

export const equal = comparison('equal', 'Equal')
export const greater = comparison('greater', 'Greater')
export const greaterEqual = comparison('greaterEqual', 'GreaterOrEqual')
export const less = comparison('less', 'Less')
export const lessEqual = comparison('lessEqual', 'LessOrEqual')
export const and = comparison('and', 'And')

const whereNode = primitive<null>({
  name: 'where',
  value: ([condition, a, b]) => ({
    shape: broadcast(condition!.shape, broadcast(a!.shape, b!.shape, 'where'), 'where'),
    dtype: a!.dtype,
  }),
  emit: (e, inputs) => e.op('Where', inputs),
  vjp: ([condition, a, b], g) => [
    null,
    unbroadcast(where(condition!, g, scalar(0)), a!.shape),
    unbroadcast(where(condition!, scalar(0), g), b!.shape),
  ],
})
/** `a` where the condition holds, else `b`. */
export const where = (condition: Node, a: Node, b: Node): Node => whereNode([condition, a, b], null)

const castNode = primitive<{ to: NodeType }>({
  name: 'cast',
  value: ([x], { to }) => ({ shape: x!.shape, dtype: to }),
  emit: (e, inputs, { to }) => e.op('Cast', inputs, { to: dataTypeCode[to] }),
  vjp: ([x], g) => [x!.dtype === 'float32' ? cast(g, 'float32') : null],
})
export const cast = (x: Node, to: NodeType): Node => (x.dtype === to ? x : castNode([x], { to }))
