// Parameters (trained) and states (written by the forward pass): leaves of a model.
// They hold a shape, a role and an initialiser, never numbers.
import { fail } from '../graph/error.ts'
import { sameShape, show, sizeOf } from '../graph/shape.ts'
import { forwardDepth } from '../graph/site.ts'
import { currentTrace } from '../graph/trace.ts'
import * as init from '../init.ts'
import { place } from '../primitives/leaf.ts'
import { Tensor } from '../tensor.ts'
import type { Any, RankOf, Role } from '../types.ts'

/** Layers and parameters belong to the description of a model. Throws LAYER_IN_FORWARD. */
export function refuseInForward(what: string): void {
  if (forwardDepth() === 0) return
  fail({
    code: 'LAYER_IN_FORWARD',
    seen: `${what} made while a forward pass runs`,
    expected: 'layers and parameters made once, as children of nn.module',
    try: 'move it into the children of nn.module({ … }, forward)',
  })
}

function checkShape(shape: readonly number[], what: string): void {
  if (shape.every((size) => Number.isInteger(size) && size > 0)) return
  fail({ code: 'SHAPE_PARAM', seen: `${what} of shape ${show(shape)}`, expected: 'positive whole sizes' })
}

/** A trained tensor. */
export class Param<R = Any> extends Tensor<R> {
  readonly role: Role
  readonly init: init.Initialiser
  constructor(shape: readonly number[], role: Role, initialiser: init.Initialiser) {
    super(place('float32', shape, 'parameter'))
    this.role = role
    this.init = initialiser
  }
}

/** A tensor that the forward pass may replace while training: running statistics. */
export class State<R = Any> extends Tensor<R> {
  readonly init: init.Initialiser
  constructor(shape: readonly number[], initialiser: init.Initialiser) {
    super(place('float32', shape, 'state'))
    this.init = initialiser
  }

  /** Sets the value for the next step; no gradient passes. Throws STATE_IN_EVALUATION, STATE_TWICE, SHAPE_STATE. */
  update(to: Tensor<R>): void {
    const trace = currentTrace('State.update')
    if (trace.mode === 'evaluation') {
      fail({
        code: 'STATE_IN_EVALUATION',
        seen: 'State.update in an evaluation graph',
        expected: 'no writes while evaluating',
        try: 'if (nn.isTraining()) state.update(…)',
      })
    }
    if (!sameShape(to.node.shape, this.node.shape)) {
      fail({ code: 'SHAPE_STATE', seen: `an update of shape ${show(to.node.shape)}`, expected: show(this.node.shape) })
    }
    if (trace.updates.has(this.node)) {
      fail({
        code: 'STATE_TWICE',
        seen: 'a second update of a state in one step',
        expected: 'one update a step',
        try: 'one module for each place that it is used',
      })
    }
    trace.updates.set(this.node, to.node)
  }
}

const defaultInit = (role: Role, shape: readonly number[]): init.Initialiser => {
  if (role === 'norm') return init.ones()
  if (role === 'bias') return init.zeros()
  if (role === 'embedding') return init.normal()
  return shape.length < 2 ? init.zeros() : init.kaimingUniform()
}

/** A parameter of one's own. Its role decides weight decay and the default initialiser. */
export function param<const S extends readonly number[]>(
  shape: S,
  options: { readonly role?: Role; readonly init?: init.Initialiser } = {},
): Param<RankOf<S>> {
  refuseInForward(`nn.param(${show(shape)})`)
  checkShape(shape, 'nn.param')
  const role = options.role ?? 'weight'
  return new Param(shape, role, options.init ?? defaultInit(role, shape))
}

/** A state of one's own, zeros unless `init` says otherwise. */
export function state<const S extends readonly number[]>(
  shape: S,
  options: { readonly init?: init.Initialiser } = {},
): State<RankOf<S>> {
  refuseInForward(`nn.state(${show(shape)})`)
  checkShape(shape, 'nn.state')
  return new State(shape, options.init ?? init.zeros())
}

/** First values of a parameter or state: a function of seed, path and shape alone. */
export const firstValues = (tensor: Param | State, seed: number, path: string): Float32Array => {
  const values = tensor.init.fill(tensor.node.shape, init.drawFor(seed, path))
  if (values.length !== sizeOf(tensor.node.shape)) {
    fail({
      code: 'INIT_SIZE',
      seen: `${values.length} values from the initialiser ${tensor.init.name} of ${path}`,
      expected: `${sizeOf(tensor.node.shape)}`,
    })
  }
  return values
}
