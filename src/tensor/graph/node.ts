// The graph's nouns: a node and the registry of primitives.
// No arithmetic here: each primitive gives its own shape rule, ONNX form and gradient.
import type { Emitter } from '../onnx/emitter.ts'
import type { Shape } from './shape.ts'
import { captureSite, type Site } from './site.ts'

/** Element types inside a graph; users see the first three. */
export type NodeType = 'float32' | 'int32' | 'bool' | 'uint32' | 'uint64' | 'float64' | 'int64'

/** One value of the graph. `id` grows along dependencies, so that sorting by it is a topological order. */
export interface Node {
  readonly id: number
  readonly op: string
  readonly inputs: readonly Node[]
  readonly attrs: unknown
  readonly shape: Shape
  readonly dtype: NodeType
  readonly site: Site
}

export interface Value {
  readonly shape: Shape
  readonly dtype: NodeType
}

export interface Primitive<A> {
  readonly name: string
  /** Shape and element type of the result; throws a TensorError. */
  readonly value: (inputs: readonly Node[], attrs: A) => Value
  /** Emits ONNX nodes for `node` and returns the name of its value. */
  readonly emit: (emitter: Emitter, inputs: readonly string[], attrs: A, node: Node) => string
  /** Vector-Jacobian product: gradient of the result to the gradients of the inputs, null where there is none. */
  readonly vjp: ((inputs: readonly Node[], gradient: Node, attrs: A, node: Node) => readonly (Node | null)[]) | null
}

const registry = new Map<string, Primitive<unknown>>()
let nextId = 0

/** Registers a primitive; returns the function that makes its nodes. */
export function primitive<A = null>(definition: Primitive<A>): (inputs: readonly Node[], attrs: A) => Node {
  if (registry.has(definition.name)) throw new Error(`primitive ${definition.name} is defined twice`)
  registry.set(definition.name, definition as Primitive<unknown>)
  return (inputs, attrs) => {
    const { shape, dtype } = definition.value(inputs, attrs)
    return { id: nextId++, op: definition.name, inputs, attrs, shape, dtype, site: captureSite() }
  }
}

export function registered(name: string): Primitive<unknown> {
  const found = registry.get(name)
  if (!found) throw new Error(`no primitive ${name}`)
  return found
}
export const primitiveOf = (node: Node): Primitive<unknown> => registered(node.op)

/** Names of all primitives; a test asserts that each is gradient-checked. */
export const primitiveNames = (): string[] => [...registry.keys()]
