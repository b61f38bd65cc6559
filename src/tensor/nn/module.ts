// Modules: a frozen tree of children and a forward function, callable; and the names the tree gives.
// No numbers and no mode flags live here.
import { fail } from '../graph/error.ts'
import { currentLayer, inLayer } from '../graph/site.ts'
import { runningTrace } from '../graph/trace.ts'
import { Tensor } from '../tensor.ts'
import type { Any, Role } from '../types.ts'
import { Param, refuseInForward, State } from './param.ts'

/** Anything callable that takes and gives tensors. */
export type Layer = (...inputs: Any[]) => Any
export type Child = Param<Any> | State<Any> | Layer | readonly Layer[]
/** Names that a JavaScript function already has; `name` and `length` cannot be children. */
type Reserved = { [K in 'name' | 'length' | 'call' | 'apply' | 'bind' | 'prototype' | 'arguments' | 'caller']?: never }
/** A callable with its children as properties. */
export type Module<C, F> = F & Readonly<C>

const reserved = ['name', 'length', 'call', 'apply', 'bind', 'prototype', 'arguments', 'caller', '__proto__']
const childrenOf = new WeakMap<object, Readonly<Record<string, Child>>>()

/**
 * A module: `children` are layers, parameters, states and lists of layers; `forward` gets them first.
 * Throws MODULE_CHILD_NAME, MODULE_CHILD, LAYER_IN_FORWARD.
 */
export function module<C extends Record<string, Child> & Reserved, A extends unknown[], Y>(
  children: C,
  forward: (m: Readonly<C>, ...inputs: A) => Y,
): Module<C, (...inputs: A) => Y> {
  refuseInForward('nn.module')
  for (const [name, child] of Object.entries(children)) checkChild(name, child)
  const frozen = Object.freeze({ ...children })
  const call = (...inputs: A): Y => {
    const path = runningTrace()?.paths.get(call)
    return inLayer(path ?? currentLayer(), () => forward(frozen, ...inputs))
  }
  for (const [name, value] of Object.entries(frozen)) {
    Object.defineProperty(call, name, { value, enumerable: true })
  }
  childrenOf.set(call, frozen)
  return Object.freeze(call) as unknown as Module<C, (...inputs: A) => Y>
}

function checkChild(name: string, child: unknown): void {
  if (reserved.includes(name) || name === '' || name.includes('.') || name.includes('/')) {
    fail({
      code: 'MODULE_CHILD_NAME',
      seen: `a child called '${name}'`,
      expected: `a name without '.' and '/', none of ${reserved.join(', ')}`,
    })
  }
  const isChild = (value: unknown): boolean =>
    typeof value === 'function' || value instanceof Param || value instanceof State
  if (isChild(child) || (Array.isArray(child) && child.every((item) => typeof item === 'function'))) return
  fail({
    code: 'MODULE_CHILD',
    seen: `child '${name}' is ${child === null ? 'null' : typeof child}`,
    expected: 'a layer, nn.param, nn.state, or a list of layers',
  })
}

/** n layers made by `make`: an array, so that forwards may reduce over it. */
export const list = <L extends Layer>(n: number, make: (index: number) => L): readonly L[] =>
  Object.freeze(Array.from({ length: n }, (_, i) => make(i)))

export interface Named {
  /** PyTorch's name of the leaf, e.g. 'stage1.1.running_mean'. */
  readonly path: string
  readonly tensor: Param | State
  readonly role: Role | 'state'
  /** The first path of a tensor that is used twice; absent on the first. */
  readonly tiedTo?: string
}

/** Calls back for each module, parameter and state with its path, in the order of the children, repeats included. */
function walk(value: Child, path: string, visit: (value: Child, path: string) => void): void {
  visit(value, path)
  const below = path === '' ? '' : `${path}.`
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) walk(item, `${below}${i}`, visit)
    return
  }
  for (const [name, child] of Object.entries(childrenOf.get(value as object) ?? {})) walk(child, below + name, visit)
}

/** Parameters and states of a model by path; a tensor met again says what it is tied to. */
export function named(model: Layer): Named[] {
  const first = new Map<unknown, string>()
  const out: Named[] = []
  walk(model, '', (value, path) => {
    if (!(value instanceof Tensor)) return
    const role = value instanceof Param ? value.role : 'state'
    const tiedTo = first.get(value)
    if (tiedTo === undefined) first.set(value, path)
    out.push({ path, tensor: value, role, ...(tiedTo === undefined ? {} : { tiedTo }) })
  })
  return out
}

/** First paths of modules, and of the nodes of parameters and states. */
export function pathsOf(model: Layer): Map<unknown, string> {
  const paths = new Map<unknown, string>()
  walk(model, '', (value, path) => {
    const key = value instanceof Tensor ? value.node : value
    if (!paths.has(key)) paths.set(key, path)
  })
  return paths
}
