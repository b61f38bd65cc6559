// What the compiler gives the engine: an ONNX graph and the meaning of each of its inputs and outputs.
// Data only; training.ts and evaluation.ts make programs, session.ts runs them.
import type { DType, Role } from './types.ts'

export type PortType = DType | 'uint32'

/** An input or output of the graph, under the name that feeds and results use. */
export interface Port {
  readonly name: string
  /**
   * Inputs: a batch 'field', a 'control' scalar or key, 'state', an accumulated 'gradient'.
   * Outputs: 'loss', 'term', 'norm', 'gradient', 'output', 'state'.
   */
  readonly kind: 'field' | 'control' | 'state' | 'loss' | 'term' | 'norm' | 'gradient' | 'output'
  /** The name without its prefix: 'kl' of 'term/kl', 'head.weight' of 'gradient/head.weight'. */
  readonly label: string
  readonly shape: readonly number[]
  readonly dtype: PortType
}

/** A float32 tensor that lives from step to step. */
export interface StatePort {
  /** 'head.weight', 'stage1.1.running_mean', 'head.weight.exp_avg'. */
  readonly name: string
  readonly kind: 'parameter' | 'buffer' | 'optimizer'
  readonly shape: readonly number[]
  readonly dtype: 'float32'
  /** The parameter's role; null for buffers; the parameter's for its optimizer slots. */
  readonly role: Role | null
  /** The graph input that takes it. */
  readonly feed: string
  /** The graph output with its next value; null where the program leaves it unchanged. */
  readonly fetch: string | null
}

export interface Program {
  readonly onnx: Uint8Array
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly state: readonly StatePort[]
  /** Samples in a batch: the first size of every field; 0 in a program without fields. */
  readonly batch: number
  /** Count of ONNX nodes. */
  readonly nodes: number
  /** Trainable parameters that the loss does not reach: left unchanged. */
  readonly unreached: readonly string[]
  /** Names of the noise streams that the graph draws; empty where it is deterministic. */
  readonly streams: readonly string[]
  /** 'file:line:column (layer)' of the line that made an ONNX node, by its name in an error of onnxruntime; '?' if unknown. */
  readonly siteOf: (nodeName: string) => string
}

export interface FieldShape {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
}
