// Traces an evaluation: outputs and loss terms of a batch, with no state writes and no dropout.
// The model's states are read as they are.
import { Bindings, fieldsOf, isParameter, outputName, Results, termName, uniqueTensors } from './fields.ts'
import { checkedTerms, type Terms } from './forward.ts'
import { newTrace, tracing } from './graph/trace.ts'
import { type Layer, pathsOf } from './nn/module.ts'
import { emit } from './onnx/emit.ts'
import type { FieldShape, Program } from './program.ts'
import type { Tensor } from './tensor.ts'
import type { Any, DType } from './types.ts'
import { declareState } from './update.ts'

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
  const state = uniqueTensors(model).map((entry) => {
    const { path: name, tensor } = entry
    const kind = isParameter(entry) ? 'parameter' : 'buffer'
    const role = isParameter(entry) ? entry.tensor.role : null
    return declareState({ name, kind, role }, tensor.node, undefined, inputs, results)
  })
  const { used, ...emitted } = emit(inputs.map, results.map)
  return {
    ...emitted,
    inputs: inputs.ports(used),
    outputs: results.ports,
    state,
    batch: fields.batch,
    unreached: [],
    streams: [...trace.streams.keys()],
  }
}
