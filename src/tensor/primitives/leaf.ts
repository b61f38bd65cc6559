// Leaves of the graph: constants, and places filled from outside (inputs, parameters, states).
// No gradients here: a leaf is where they arrive.
import { type Node, type NodeType, primitive } from '../graph/node.ts'
import type { Shape } from '../graph/shape.ts'
import type { Data } from '../onnx/emitter.ts'
import { dataFor } from '../onnx/graph.ts'

const constantNode = primitive<{ dtype: NodeType; shape: Shape; data: Data }>({
  name: 'constant',
  value: (_, { dtype, shape }) => ({ dtype, shape }),
  emit: (e, _, { dtype, shape, data }) => e.constant(dtype, shape, data),
  vjp: null,
})

const placeNode = primitive<{ dtype: NodeType; shape: Shape; kind: string }>({
  name: 'place',
  value: (_, { dtype, shape }) => ({ dtype, shape }),
  emit: (_e, _i, { kind }, node) => {
    throw new Error(`${kind} of node ${node.id} is not bound to a graph input`)
  },
  vjp: null,
})

/** A constant tensor; the data is not copied. */
export const constant = (dtype: NodeType, shape: Shape, data: Data): Node => constantNode([], { dtype, shape, data })

/** A constant of shape []. */
export const scalar = (value: number, dtype: NodeType = 'float32'): Node => constant(dtype, [], dataFor(dtype, [value]))

/** A constant filled with one value. */
export const filled = (shape: Shape, value: number, dtype: NodeType = 'float32'): Node =>
  expand(scalar(value, dtype), shape)

/** A value given at run time. `kind` says what it is in errors: 'input', 'parameter', 'state'. */
export const place = (dtype: NodeType, shape: Shape, kind: string): Node => placeNode([], { dtype, shape, kind })

import { expand } from './layout.ts'
