// A composition with a gradient of its own: the forward is built from primitives, the backward by `vjp`.
// For numerically better or cheaper gradients than the composed ones (normalisation, softmax).
import { type Node, primitive } from '../graph/node.ts'

/** What a value is by the function that made it. */
export interface MadeBy {
  readonly name: 'softmax' | 'log_softmax' | 'one_hot'
  readonly axis: number
}

interface Custom {
  readonly result: Node
  readonly vjp: (gradient: Node) => readonly (Node | null)[]
  readonly madeBy?: MadeBy
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
export const withGradient = (inputs: readonly Node[], result: Node, vjp: Custom['vjp'], madeBy?: MadeBy): Node =>
  customNode(inputs, { result, vjp, ...(madeBy ? { madeBy } : {}) })

/** `x` with no gradient through it. */
export const stopGradient = (x: Node): Node => withGradient([], x, () => [])

/** What a node's value is computed from. */
export const sourcesOf = (node: Node): readonly Node[] =>
  node.op === 'custom' ? [(node.attrs as Custom).result] : node.inputs

/** The function that a value is the outcome of, where it is one that losses ask about. */
export const outcomeOf = (node: Node): MadeBy | null => {
  if (node.op === 'oneHot') return { name: 'one_hot', axis: node.shape.length - 1 }
  return node.op === 'custom' ? ((node.attrs as Custom).madeBy ?? null) : null
}
