// The update of all parameters from their gradients: global norm, clipping, the optimizer's rule, slots.
// Part of a training program, or a program of its own after gradients were accumulated.
import { Bindings, feedName, fetchName, gradientName, isParameter, Results, uniqueTensors } from './fields.ts'
import type { NamedParam } from './forward.ts'
import type { Node } from './graph/node.ts'
import type { Layer } from './nn/module.ts'
import { emit } from './onnx/emit.ts'
import type { Optimizer } from './optim/optimizer.ts'
import { cast } from './primitives/compare.ts'
import { add, div, minimum, mul, sqrt } from './primitives/elementwise.ts'
import { place, scalar } from './primitives/leaf.ts'
import { sumSquare } from './primitives/reduce.ts'
import type { Program, StatePort } from './program.ts'

/** Declares a state that enters the graph, and leaves it changed where `next` is given. */
export function declareState(
  about: Pick<StatePort, 'name' | 'kind' | 'role'>,
  node: Node,
  next: Node | undefined,
  inputs: Bindings,
  results: Results,
): StatePort {
  const { name } = about
  inputs.bind(node, feedName(name), 'state', name, true)
  if (next) results.add(fetchName(name), 'state', name, next)
  return { ...about, shape: node.shape, dtype: 'float32', feed: feedName(name), fetch: next ? fetchName(name) : null }
}

/** Square root of the sum of all squares. */
function globalNorm(all: Iterable<Node>): Node {
  const squares = Array.from(all, (gradient) =>
    sumSquare(
      gradient,
      gradient.shape.map((_, axis) => axis),
    ),
  )
  return squares.length === 0 ? scalar(0) : sqrt(squares.reduce((total, square) => add(total, square)))
}

/** Adds norms, new parameters and new slots to a graph; parameters without a gradient stay as they are. */
export function declareUpdate(
  optimizer: Optimizer,
  parameters: readonly NamedParam[],
  gradients: ReadonlyMap<string, Node>,
  step: Node,
  inputs: Bindings,
  results: Results,
): StatePort[] {
  const learningRate = place('float32', [], 'learning rate')
  inputs.bind(learningRate, 'learning_rate', 'control', 'learning_rate', true)
  const norm = globalNorm(gradients.values())
  // torch.nn.utils.clip_grad_norm_ adds the same 1e-6
  const shrink =
    optimizer.clipNorm === null ? null : minimum(scalar(1), div(scalar(optimizer.clipNorm), add(norm, scalar(1e-6))))
  results.add('gradient_norm', 'norm', 'gradient_norm', norm)
  results.add('clipped_norm', 'norm', 'clipped_norm', shrink ? mul(norm, shrink) : norm)
  const rule = optimizer.rule({ learningRate, count: add(cast(step, 'float64'), scalar(1, 'float64')) })
  return parameters.flatMap(({ path, tensor: { node, role } }) => {
    const gradient = gradients.get(path)
    const slots = optimizer.slots.map((slot) => ({
      name: `${path}.${slot}`,
      node: place('float32', node.shape, 'slot'),
    }))
    const after =
      gradient &&
      rule({
        value: node,
        gradient: shrink ? mul(gradient, shrink) : gradient,
        slots: slots.map((slot) => slot.node),
        role,
      })
    return [
      declareState({ name: path, kind: 'parameter', role }, node, after?.value, inputs, results),
      ...slots.map((slot, i) =>
        declareState({ name: slot.name, kind: 'optimizer', role }, slot.node, after?.slots[i], inputs, results),
      ),
    ]
  })
}

export interface UpdateOptions {
  readonly model: Layer
  readonly optimizer: Optimizer
  /** Paths of parameters without a gradient: frozen, or unreached by the loss. */
  readonly without?: ReadonlySet<string>
}

/**
 * The program of an update alone, for accumulated gradients. Inputs: `gradient/…`, `learning_rate`, `step`, states.
 * Outputs: `gradient_norm`, `clipped_norm`, `next/…`. Buffers take no part.
 */
export function traceUpdate({ model, optimizer, without = new Set() }: UpdateOptions): Program {
  const parameters = uniqueTensors(model).filter(isParameter)
  const inputs = new Bindings()
  const results = new Results()
  const step = place('uint32', [], 'step')
  inputs.bind(step, 'step', 'control', 'step', true)
  const gradients = new Map<string, Node>()
  for (const { path, tensor } of parameters) {
    if (without.has(path)) continue
    const gradient = place('float32', tensor.node.shape, 'gradient')
    inputs.bind(gradient, gradientName(path), 'gradient', path, true)
    gradients.set(path, gradient)
  }
  const state = declareUpdate(optimizer, parameters, gradients, step, inputs, results)
  const { used, ...emitted } = emit(inputs.map, results.map)
  return { ...emitted, inputs: inputs.ports(used), outputs: results.ports, state, batch: 0, unreached: [], streams: [] }
}
