// The inputs that both kinds of program share: batch fields, noise keys, parameters and buffers.
// Names of graph inputs and outputs are decided here and nowhere else.
import { fail } from './graph/error.ts'
import type { Node } from './graph/node.ts'
import { show } from './graph/shape.ts'
import type { NoiseKey } from './graph/trace.ts'
import { type Layer, type Named, named } from './nn/module.ts'
import { Param } from './nn/param.ts'
import { place } from './primitives/leaf.ts'
import type { FieldShape, Port } from './program.ts'
import { Tensor } from './tensor.ts'
import type { DType } from './types.ts'

export const reservedFields = ['learning_rate', 'step', 'seed', 'sample_ids'] as const
export const feedName = (path: string): string => `state/${path}`
export const fetchName = (path: string): string => `next/${path}`
export const gradientName = (path: string): string => `gradient/${path}`
export const termName = (name: string): string => `term/${name}`
export const outputName = (name: string): string => `output/${name}`

export interface Fields {
  readonly tensors: Record<string, Tensor>
  readonly nodes: ReadonlyMap<string, Node>
  readonly batch: number
}

/** Tensors for the fields of a batch. Throws FIELD_RESERVED, FIELD_BATCH. */
export function fieldsOf(inputs: Readonly<Record<string, FieldShape>>): Fields {
  const nodes = new Map<string, Node>()
  let batch: number | undefined
  for (const [name, { shape, dtype }] of Object.entries(inputs)) {
    if ((reservedFields as readonly string[]).includes(name) || name.includes('/')) {
      fail({
        code: 'FIELD_RESERVED',
        seen: `a field called '${name}'`,
        expected: `a name without '/', none of ${reservedFields.join(', ')}`,
      })
    }
    batch ??= shape[0]
    if (shape.length === 0 || shape[0] !== batch) {
      fail({
        code: 'FIELD_BATCH',
        seen: `field '${name}' of ${show(shape)}`,
        expected: `a first size of ${batch ?? 'the batch'}, as the other fields`,
      })
    }
    nodes.set(name, place(dtype, shape, 'input'))
  }
  if (batch === undefined) fail({ code: 'FIELD_BATCH', seen: 'no fields', expected: 'one field or more' })
  const tensors: Record<string, Tensor> = Object.create(null)
  for (const [name, node] of nodes) tensors[name] = new Tensor(node)
  return { tensors, nodes, batch }
}

/** A model's own tensors, each once; ties keep their first path. */
export const uniqueTensors = (model: Layer): Named[] => named(model).filter(({ tiedTo }) => tiedTo === undefined)
export const isParameter = (entry: Named): entry is Named & { readonly tensor: Param } => entry.tensor instanceof Param

const port = (name: string, kind: Port['kind'], label: string, node: Node): Port => ({
  name,
  kind,
  label,
  shape: node.shape,
  dtype: node.dtype as DType,
})

/** Graph inputs in the making, and their ports. */
export class Bindings {
  readonly map = new Map<Node, { name: string; always: boolean }>()
  readonly #ports = new Map<Node, Port>()

  bind(node: Node, name: string, kind: Port['kind'], label: string, always: boolean): void {
    this.map.set(node, { name, always })
    this.#ports.set(node, port(name, kind, label, node))
  }

  noise(key: NoiseKey, always: boolean): void {
    this.bind(key.step, 'step', 'control', 'step', always)
    this.bind(key.seed, 'seed', 'control', 'seed', always)
    this.bind(key.sampleIds, 'sample_ids', 'control', 'sample_ids', always)
  }

  /** Ports of what became a graph input. */
  ports(used: ReadonlySet<Node>): Port[] {
    return [...this.#ports].flatMap(([node, value]) => (this.map.get(node)!.always || used.has(node) ? [value] : []))
  }
}

/** Graph outputs in the making, and their ports. */
export class Results {
  readonly map = new Map<string, Node>()
  readonly ports: Port[] = []

  add(name: string, kind: Port['kind'], label: string, node: Node): void {
    this.map.set(name, node)
    this.ports.push(port(name, kind, label, node))
  }
}
