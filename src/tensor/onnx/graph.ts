// An ONNX graph under construction, and its bytes (opset 21, default domain only).
// Knows nothing of gradients or of the primitives; emit.ts walks those.
import type { NodeType } from '../graph/node.ts'
import { type Shape, sizeOf } from '../graph/shape.ts'
import type { Attributes, Data, Emitter } from './emitter.ts'
import { Message } from './protobuf.ts'

/** TensorProto.DataType of onnx.proto3. */
export const dataTypeCode = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const satisfies Record<NodeType, number>
const opset = 21
const irVersion = 10

interface OnnxNode {
  readonly name: string
  readonly type: string
  readonly inputs: readonly string[]
  readonly outputs: string[]
  readonly attributes: Attributes
}
interface OnnxValue {
  readonly name: string
  readonly dtype: NodeType
  readonly shape: Shape
}

/** Copies numbers into the array type of `dtype`. */
export function dataFor(dtype: NodeType, values: readonly number[]): Data {
  if (dtype === 'int64') return BigInt64Array.from(values, BigInt)
  if (dtype === 'uint64') return BigUint64Array.from(values, BigInt)
  const types = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    uint32: Uint32Array,
    bool: Uint8Array,
  }
  return types[dtype].from(values)
}

export class OnnxGraph implements Emitter {
  /** Prefix of the names of the next nodes: 'head experiment.ts:12'. */
  label = ''
  readonly nodes: OnnxNode[] = []
  readonly companions = new Map<string, string>()
  readonly #inputs: OnnxValue[] = []
  readonly #outputs: OnnxValue[] = []
  readonly #initializers: (OnnxValue & { data: Data })[] = []
  readonly #shared = new Map<string, string>()
  #values = 0

  op(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(type, inputs, 1, attributes)[0]!
  }

  ops(type: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}): string[] {
    const names = Array.from({ length: outputs }, () => `v${this.#values++}`)
    this.nodes.push({ name: `${type}.${this.nodes.length} ${this.label}`, type, inputs, outputs: names, attributes })
    return names
  }

  ints(values: readonly number[]): string {
    return this.constant('int64', [values.length], dataFor('int64', values))
  }

  scalar(value: number, dtype: NodeType = 'float32'): string {
    return this.constant(dtype, [], dataFor(dtype, [value]))
  }

  constant(dtype: NodeType, shape: Shape, data: Data): string {
    const key =
      data.length <= 64
        ? `${dtype}|${shape.join()}|${Array.from(data as Float32Array, (x) => (Object.is(x, -0) ? '-0' : String(x))).join()}`
        : null
    const known = key === null ? undefined : this.#shared.get(key)
    if (known !== undefined) return known
    const name = `c${this.#values++}`
    this.#initializers.push({ name, dtype, shape, data })
    if (key !== null) this.#shared.set(key, name)
    return name
  }

  input(name: string, dtype: NodeType, shape: Shape): string {
    this.#inputs.push({ name, dtype, shape })
    return name
  }

  /** Makes the value `source` a graph output called `name`. */
  output(name: string, source: string, dtype: NodeType, shape: Shape): void {
    this.nodes.push({
      name: `Identity.${this.nodes.length} ${this.label}`,
      type: 'Identity',
      inputs: [source],
      outputs: [name],
      attributes: {},
    })
    this.#outputs.push({ name, dtype, shape })
  }

  build(): Uint8Array {
    const graph = new Message()
    const used = new Set([...this.nodes.flatMap((node) => node.inputs), ...this.#outputs.map(({ name }) => name)])
    for (const node of this.nodes) {
      while (node.outputs.length > 1 && !used.has(node.outputs.at(-1)!)) node.outputs.pop()
      graph.message(1, nodeMessage(node))
    }
    graph.text(2, 'gonogo')
    for (const { name, dtype, shape, data } of this.#initializers) {
      if (data.length !== sizeOf(shape))
        throw new Error(`constant of ${data.length} values for shape [${shape.join()}]`)
      const tensor = new Message()
      for (const size of shape) tensor.int(1, size)
      const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      graph.message(5, tensor.int(2, dataTypeCode[dtype]).text(8, name).bytes(9, raw))
    }
    for (const value of this.#inputs) graph.message(11, valueMessage(value))
    for (const value of this.#outputs) graph.message(12, valueMessage(value))
    const domain = new Message().text(1, '').int(2, opset)
    return new Message().int(1, irVersion).text(2, 'gonogo').message(7, graph).message(8, domain).finish()
  }
}

function valueMessage({ name, dtype, shape }: OnnxValue): Message {
  const dims = new Message()
  for (const size of shape) dims.message(1, new Message().int(1, size))
  const tensor = new Message().int(1, dataTypeCode[dtype]).message(2, dims)
  return new Message().text(1, name).message(2, new Message().message(1, tensor))
}

function nodeMessage({ name, type, inputs, outputs, attributes }: OnnxNode): Message {
  const node = new Message()
  for (const input of inputs) node.text(1, input)
  for (const output of outputs) node.text(2, output)
  node.text(3, name).text(4, type)
  for (const [key, value] of Object.entries(attributes)) {
    const attribute = new Message().text(1, key)
    if (typeof value === 'number') attribute.int(3, value).int(20, 2)
    else if (typeof value === 'string') attribute.text(4, value).int(20, 3)
    else if ('float' in value) attribute.float(2, value.float).int(20, 1)
    else {
      for (const item of value) attribute.int(8, item)
      attribute.int(20, 7)
    }
    node.message(5, attribute)
  }
  return node
}
