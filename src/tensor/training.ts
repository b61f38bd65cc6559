// Traces one training step: forward, loss terms, gradients, clipping, update, new states, as one graph.
// Not the loop: the engine feeds the state back.
import {
  Bindings,
  feedName,
  fetchName,
  fieldsOf,
  gradientName,
  isParameter,
  Results,
  termName,
  uniqueTensors,
} from './fields.ts'
import { fail } from './graph/error.ts'
import { gradients } from './graph/gradient.ts'
import type { Node } from './graph/node.ts'
import { show } from './graph/shape.ts'
import { newTrace, tracing } from './graph/trace.ts'
import { type Layer, pathsOf } from './nn/module.ts'
import { emit } from './onnx/emit.ts'
import type { Optimizer } from './optim/optimizer.ts'
import { cast } from './primitives/compare.ts'
import { add, div, minimum, mul, sqrt } from './primitives/elementwise.ts'
import { place, scalar } from './primitives/leaf.ts'
import { sumSquare } from './primitives/reduce.ts'
import type { FieldShape, Program, StatePort } from './program.ts'
import { Tensor } from './tensor.ts'
import type { Any } from './types.ts'

/** Named scalars whose sum is the loss. */
export type Terms = Readonly<Record<string, Tensor<0>>>

export interface TrainingOptions {
  readonly model: Layer
  /** The loss terms of a batch; calls the model itself. */
  readonly loss: (fields: Any) => Terms
  readonly optimizer: Optimizer
  readonly inputs: Readonly<Record<string, FieldShape>>
  /** False switches dropout off. */
  readonly regularise: boolean
  /** `gradients` adds every raw gradient to the outputs. */
  readonly observe: { readonly gradients: boolean }
  /** Paths of parameters that get no gradient and no update. */
  readonly frozen?: ReadonlySet<string>
}

/**
 * The program of a training step. Inputs: fields, `learning_rate`, `step` (updates done before this one), `seed`, `sample_ids`, states.
 * Outputs: `loss`, `term/…`, `gradient_norm`, `clipped_norm`, `next/…`, and `gradient/…` when observed.
 */
export function traceTraining(options: TrainingOptions): Program {
  const { model, optimizer, observe, frozen = new Set() } = options
  const fields = fieldsOf(options.inputs)
  const trace = newTrace({
    mode: 'training',
    regularise: options.regularise,
    paths: pathsOf(model),
    batch: fields.batch,
  })
  const terms = checkedTerms(tracing(trace, () => options.loss(fields.tensors)))
  const loss = [...terms.values()].reduce((total, term) => add(total, term))

  const tensors = uniqueTensors(model)
  const parameters = tensors.filter(isParameter)
  const trainable = parameters.filter(({ path }) => !frozen.has(path))
  const raw = gradients(
    loss,
    trainable.map(({ tensor }) => tensor.node),
  )
  const reached = trainable.filter(({ tensor }) => raw.has(tensor.node))
  const norm = globalNorm(reached.map(({ tensor }) => raw.get(tensor.node)!))
  const shrink =
    optimizer.clipNorm === null ? null : minimum(scalar(1), div(scalar(optimizer.clipNorm), add(norm, scalar(1e-6))))

  const inputs = new Bindings()
  const results = new Results()
  for (const [name, node] of fields.nodes) inputs.bind(node, name, 'field', name, true)
  const learningRate = place('float32', [], 'learning rate')
  inputs.bind(learningRate, 'learning_rate', 'control', 'learning_rate', true)
  inputs.noise(trace.noise, true)
  results.add('loss', 'loss', 'loss', loss)
  for (const [name, node] of terms) results.add(termName(name), 'term', name, node)
  results.add('gradient_norm', 'norm', 'gradient_norm', norm)
  results.add('clipped_norm', 'norm', 'clipped_norm', shrink ? mul(norm, shrink) : norm)

  const state: StatePort[] = []
  const keep = (name: string, node: Node, next: Node | undefined, about: Pick<StatePort, 'kind' | 'role'>): void => {
    const feed = feedName(name)
    inputs.bind(node, feed, 'state', name, true)
    if (next) results.add(fetchName(name), 'state', name, next)
    state.push({ name, ...about, shape: node.shape, dtype: 'float32', feed, fetch: next ? fetchName(name) : null })
  }
  const rule = optimizer.rule({ learningRate, count: add(cast(trace.noise.step, 'float64'), scalar(1, 'float64')) })
  for (const { path, tensor } of parameters) {
    const gradient = frozen.has(path) ? undefined : raw.get(tensor.node)
    const slots = optimizer.slots.map((slot) => ({
      name: `${path}.${slot}`,
      node: place('float32', tensor.node.shape, 'slot'),
    }))
    const after =
      gradient &&
      rule({
        value: tensor.node,
        gradient: shrink ? mul(gradient, shrink) : gradient,
        slots: slots.map(({ node }) => node),
        role: tensor.role,
      })
    keep(path, tensor.node, after?.value, { kind: 'parameter', role: tensor.role })
    for (const [i, { name, node }] of slots.entries()) {
      keep(name, node, after?.slots[i], { kind: 'optimizer', role: tensor.role })
    }
    if (observe.gradients && gradient) results.add(gradientName(path), 'gradient', path, gradient)
  }
  for (const entry of tensors) {
    if (!isParameter(entry))
      keep(entry.path, entry.tensor.node, trace.updates.get(entry.tensor.node), { kind: 'buffer', role: null })
  }

  const { onnx, nodes, siteOf, used } = emit(inputs.map, results.map)
  return {
    onnx,
    nodes,
    siteOf,
    inputs: inputs.ports(used),
    outputs: results.ports,
    state,
    batch: fields.batch,
    unreached: trainable.filter(({ tensor }) => !raw.has(tensor.node)).map(({ path }) => path),
    streams: [...trace.streams.keys()],
  }
}

/** Square root of the sum of all squares. */
function globalNorm(all: readonly Node[]): Node {
  const squares = all.map((gradient) =>
    sumSquare(
      gradient,
      gradient.shape.map((_, axis) => axis),
    ),
  )
  return squares.length === 0 ? scalar(0) : sqrt(squares.reduce((total, square) => add(total, square)))
}

/** Terms as nodes. Throws LOSS_NO_TERMS, LOSS_NOT_SCALAR. */
export function checkedTerms(terms: Terms): Map<string, Node> {
  const entries = Object.entries(terms)
  if (entries.length === 0)
    fail({ code: 'LOSS_NO_TERMS', seen: 'a loss without terms', expected: 'one named scalar or more' })
  for (const [name, term] of entries) {
    if (term instanceof Tensor && term.node.shape.length === 0 && term.node.dtype === 'float32') continue
    fail({
      code: 'LOSS_NOT_SCALAR',
      seen:
        term instanceof Tensor
          ? `term '${name}' of shape ${show(term.node.shape)}, ${term.node.dtype}`
          : `term '${name}' is ${typeof term}`,
      expected: 'a float32 scalar',
      try: '.mean()',
    })
  }
  return new Map(entries.map(([name, term]) => [name, term.node]))
}
