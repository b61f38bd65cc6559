// Unsigned integer bits for the counter-based random generator.
// No gradients; users never see these.
import { type Node, primitive } from '../graph/node.ts'
import { broadcast } from '../graph/shape.ts'

const xorNode = primitive<null>({
  name: 'xor',
  value: ([a, b]) => ({ shape: broadcast(a!.shape, b!.shape, 'xor'), dtype: a!.dtype }),
  emit: (e, inputs) => e.op('BitwiseXor', inputs),
  vjp: null,
})
export const xor = (a: Node, b: Node): Node => xorNode([a, b], null)

const shiftNode = primitive<{ bits: number }>({
  name: 'shiftRight',
  value: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  emit: (e, [x], { bits }, node) => e.op('BitShift', [x!, e.scalar(bits, node.dtype)], { direction: 'RIGHT' }),
  vjp: null,
})
export const shiftRight = (x: Node, bits: number): Node => shiftNode([x], { bits })
