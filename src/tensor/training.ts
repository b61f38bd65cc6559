// Training programs: a whole step in one graph, or its gradients alone for accumulation.
// Not the loop: the engine feeds the state back.
import { Bindings, gradientName, Results } from './fields.ts'
import { declareForward, type Forward, type ForwardOptions, forward } from './forward.ts'
import { emit } from './onnx/emit.ts'
import type { Optimizer } from './optim/optimizer.ts'
import type { Program, StatePort } from './program.ts'
import { declareState, declareUpdate } from './update.ts'

export interface TrainingOptions extends ForwardOptions {
  readonly optimizer: Optimizer
  /** `gradients` adds every raw gradient to the outputs. */
  readonly observe: { readonly gradients: boolean }
}

/**
 * The program of a training step. Inputs: fields, `learning_rate`, `step` (updates done before this one), `seed`, `sample_ids`, states.
 * Outputs: `loss`, `term/…`, `gradient_norm`, `clipped_norm`, `next/…`, and `gradient/…` when observed.
 */
export function traceTraining(options: TrainingOptions): Program {
  const passed = forward(options)
  const inputs = new Bindings()
  const results = new Results()
  declareForward(passed, inputs, results)
  const { parameters, gradients, trace } = passed
  const updated = declareUpdate(options.optimizer, parameters, gradients, trace.noise.step, inputs, results)
  if (options.observe.gradients) declareGradients(passed, results)
  return finish(passed, [...updated, ...declareBuffers(passed, inputs, results)], inputs, results)
}

/**
 * The program of a forward and backward pass without an update: `loss`, `term/…`, `gradient/…`, and buffers' `next/…`.
 * Average the gradients of several such passes and give them to the program of `traceUpdate`.
 */
export function traceGradients(options: ForwardOptions): Program {
  const passed = forward(options)
  const inputs = new Bindings()
  const results = new Results()
  declareForward(passed, inputs, results)
  declareGradients(passed, results)
  const parameters = passed.parameters.map(({ path, tensor }) =>
    declareState({ name: path, kind: 'parameter', role: tensor.role }, tensor.node, undefined, inputs, results),
  )
  return finish(passed, [...parameters, ...declareBuffers(passed, inputs, results)], inputs, results)
}

function declareGradients({ gradients }: Forward, results: Results): void {
  for (const [path, gradient] of gradients) results.add(gradientName(path), 'gradient', path, gradient)
}

const declareBuffers = ({ buffers, trace }: Forward, inputs: Bindings, results: Results): StatePort[] =>
  buffers.map(({ path, tensor: { node } }) =>
    declareState({ name: path, kind: 'buffer', role: null }, node, trace.updates.get(node), inputs, results),
  )

function finish(
  { fields, unreached, trace }: Forward,
  state: StatePort[],
  inputs: Bindings,
  results: Results,
): Program {
  const { used, ...emitted } = emit(inputs.map, results.map)
  return {
    ...emitted,
    inputs: inputs.ports(used),
    outputs: results.ports,
    state,
    batch: fields.batch,
    unreached,
    streams: [...trace.streams.keys()],
  }
}
