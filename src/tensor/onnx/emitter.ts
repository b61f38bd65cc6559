// What a primitive may say to the ONNX graph under construction.
// An interface only; graph.ts implements it.
import type { NodeType } from '../graph/node.ts'
import type { Shape } from '../graph/shape.ts'

/** An attribute: number is int, { float } a float, string, list of ints. */
export type Attribute = number | string | readonly number[] | { readonly float: number }
export type Attributes = Readonly<Record<string, Attribute>>
export type Data = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | BigUint64Array | BigInt64Array

export interface Emitter {
  /** Adds a node with one output, returns the output's name. '' skips an optional input. */
  op(type: string, inputs: readonly string[], attributes?: Attributes): string
  /** The same with several outputs. */
  ops(type: string, inputs: readonly string[], outputs: number, attributes?: Attributes): string[]
  /** Second outputs (MaxPool's indices) by the name of the first. */
  readonly companions: Map<string, string>
  /** A 1-D int64 constant: axes, shapes. */
  ints(values: readonly number[]): string
  scalar(value: number, dtype?: NodeType): string
  constant(dtype: NodeType, shape: Shape, data: Data): string
}
