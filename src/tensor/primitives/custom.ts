// A composition with a gradient of its own: the forward is built from primitives, the backward by `vjp`.
// For numerically better or cheaper gradients than the composed ones (normalisation, softmax).
import { type Node, primitive } from '../graph/node.ts'

interface Custom {
  readonly result: Node
  readonly vjp: (gradient: Node) => readonly (Node | null)[]
}

const customNode = primitive<Custom>({
  name: 'custom',
  value: (_, { result }) => ({ shape: result.shape, dtype: result.dtype }),
  emit: () => {
    throw new Error('a custom node is emitted as its result')
  },
  vjp: (_, g, { vjp }) => vjp(g),
})

/** `result`, computed from `inputs`, whose gradients `vjp` gives in the order of `inputs`. */
export const withGradient = (inputs: readonly Node[], result: Node, vjp: Custom['vjp']): Node =>
  customNode(inputs, { result, vjp })

/** `x` with no gradient through it. */
export const stopGradient = (x: Node): Node => withGradient([], x, () => [])

/** What a node's value is computed from. */
export const sourcesOf = (node: Node): readonly Node[] =>
  node.op === 'custom' ? [(node.attrs as Custom).result] : node.inputs
