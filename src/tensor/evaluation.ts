// Traces an evaluation: outputs and loss terms of a batch, with no state writes and no dropout.
// The model's states are read as they are.
import { Bindings, feedName, fieldsOf, isParameter, outputName, Results, termName, uniqueTensors } from './fields.ts'
import { newTrace, tracing } from './graph/trace.ts'
import { type Layer, pathsOf } from './nn/module.ts'
import { emit } from './onnx/emit.ts'
import type { FieldShape, Program, StatePort } from './program.ts'
import type { Tensor } from './tensor.ts'
import { checkedTerms, type Terms } from './training.ts'
import type { Any, DType } from './types.ts'

export interface EvaluationOptions {
  readonly model: Layer
  /** Calls the model itself. `terms` may be empty. */
  readonly outputs: (fields: Any) => {
    readonly outputs: Readonly<Record<string, Tensor<Any, DType>>>
    readonly terms: Terms
  }
  readonly inputs: Readonly<Record<string, FieldShape>>
}

/**
 * The program of an evaluation. Inputs: fields, states, and the noise keys `seed`, `step`, `sample_ids` only where random.* is drawn.
 * Outputs: `output/…`, `term/…`.
 */
export function traceEvaluation({ model, outputs, inputs: shapes }: EvaluationOptions): Program {
  const fields = fieldsOf(shapes)
  const trace = newTrace({ mode: 'evaluation', paths: pathsOf(model), batch: fields.batch })
  const made = tracing(trace, () => outputs(fields.tensors))
  const inputs = new Bindings()
  const results = new Results()
  for (const [name, node] of fields.nodes) inputs.bind(node, name, 'field', name, true)
  inputs.noise(trace.noise, false)
  for (const [name, tensor] of Object.entries(made.outputs)) results.add(outputName(name), 'output', name, tensor.node)
  const terms = Object.keys(made.terms).length === 0 ? [] : checkedTerms(made.terms)
  for (const [name, node] of terms) results.add(termName(name), 'term', name, node)
  const state = uniqueTensors(model).map((entry): StatePort => {
    const { path, tensor } = entry
    inputs.bind(tensor.node, feedName(path), 'state', path, true)
    const about = isParameter(entry)
      ? { kind: 'parameter' as const, role: entry.tensor.role }
      : { kind: 'buffer' as const, role: null }
    return { name: path, ...about, shape: tensor.node.shape, dtype: 'float32', feed: feedName(path), fetch: null }
  })
  const { onnx, nodes, siteOf, used } = emit(inputs.map, results.map)
  return {
    onnx,
    nodes,
    siteOf,
    inputs: inputs.ports(used),
    outputs: results.ports,
    state,
    batch: fields.batch,
    unreached: [],
    streams: [...trace.streams.keys()],
  }
}
