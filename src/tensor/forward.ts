// The differentiated forward pass that training programs share: terms, loss, raw gradients.
// No optimizer here; update.ts applies the gradients.
import { type Bindings, type Fields, fieldsOf, isParameter, type Results, termName, uniqueTensors } from './fields.ts'
import { fail } from './graph/error.ts'
import { gradients } from './graph/gradient.ts'
import type { Node } from './graph/node.ts'
import { show } from './graph/shape.ts'
import { newTrace, type Trace, tracing } from './graph/trace.ts'
import { type Layer, type Named, pathsOf } from './nn/module.ts'
import type { Param } from './nn/param.ts'
import { add } from './primitives/elementwise.ts'
import type { FieldShape } from './program.ts'
import { Tensor } from './tensor.ts'
import type { Any } from './types.ts'

/** Named scalars whose sum is the loss. */
export type Terms = Readonly<Record<string, Tensor<0>>>
export type NamedParam = Named & { readonly tensor: Param }

export interface ForwardOptions {
  readonly model: Layer
  /** The loss terms of a batch; calls the model itself. */
  readonly loss: (fields: Any) => Terms
  readonly inputs: Readonly<Record<string, FieldShape>>
  /** False switches dropout off. */
  readonly regularise: boolean
  /** Paths of parameters that get no gradient and no update. */
  readonly frozen?: ReadonlySet<string>
}

export interface Forward {
  readonly fields: Fields
  readonly trace: Trace
  readonly terms: ReadonlyMap<string, Node>
  readonly loss: Node
  readonly parameters: readonly NamedParam[]
  readonly buffers: readonly Named[]
  /** Raw gradients by path of what is trainable and reached. */
  readonly gradients: ReadonlyMap<string, Node>
  /** Trainable paths that the loss does not reach. */
  readonly unreached: readonly string[]
}

/** Traces the loss in training mode and differentiates it. */
export function forward({ model, loss, inputs, regularise, frozen = new Set() }: ForwardOptions): Forward {
  const fields = fieldsOf(inputs)
  const trace = newTrace({ mode: 'training', regularise, paths: pathsOf(model), batch: fields.batch })
  const terms = checkedTerms(tracing(trace, () => loss(fields.tensors)))
  const total = [...terms.values()].reduce((sum, term) => add(sum, term))
  const tensors = uniqueTensors(model)
  const parameters = tensors.filter(isParameter)
  const trainable = parameters.filter(({ path }) => !frozen.has(path))
  const raw = gradients(
    total,
    trainable.map(({ tensor }) => tensor.node),
  )
  return {
    fields,
    trace,
    terms,
    loss: total,
    parameters,
    buffers: tensors.filter((entry) => !isParameter(entry)),
    gradients: new Map(
      trainable.flatMap(({ path, tensor }) => (raw.has(tensor.node) ? [[path, raw.get(tensor.node)!] as const] : [])),
    ),
    unreached: trainable.filter(({ tensor }) => !raw.has(tensor.node)).map(({ path }) => path),
  }
}

/** Fields and noise keys as graph inputs, loss and terms as outputs. */
export function declareForward({ fields, trace, loss, terms }: Forward, inputs: Bindings, results: Results): void {
  for (const [name, node] of fields.nodes) inputs.bind(node, name, 'field', name, true)
  inputs.noise(trace.noise, true)
  results.add('loss', 'loss', 'loss', loss)
  for (const [name, node] of terms) results.add(termName(name), 'term', name, node)
}

/** Terms as nodes. Throws LOSS_NO_TERMS, LOSS_NOT_SCALAR. */
export function checkedTerms(terms: Terms): Map<string, Node> {
  const entries = Object.entries(terms)
  if (entries.length === 0) {
    fail({ code: 'LOSS_NO_TERMS', seen: 'a loss without terms', expected: 'one named scalar or more' })
  }
  for (const [name, term] of entries) {
    if (term instanceof Tensor && term.node.shape.length === 0 && term.node.dtype === 'float32') continue
    const what = term instanceof Tensor ? `of shape ${show(term.node.shape)}, ${term.node.dtype}` : `is ${typeof term}`
    fail({ code: 'LOSS_NOT_SCALAR', seen: `term '${name}' ${what}`, expected: 'a float32 scalar', try: '.mean()' })
  }
  return new Map(entries.map(([name, term]) => [name, term.node]))
}
