// A bench for tests: puts a function of tensors into a program, runs it, and differentiates it numerically.
// Only tests import it.
import { openSession, traceEvaluation, traceTraining, type Values } from '../compile.ts'
import type { Node } from '../graph/node.ts'
import { sizeOf } from '../graph/shape.ts'
import * as nn from '../nn/index.ts'
import type { Param } from '../nn/param.ts'
import { sgd } from '../optim/sgd.ts'
import { sourcesOf } from '../primitives/custom.ts'
import { constant } from '../primitives/leaf.ts'
import { Tensor } from '../tensor.ts'
import type { Any, DType } from '../types.ts'

/** Small repeatable numbers (a linear congruence). */
export function numbers(seed: number, n: number, low = -1, high = 1): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + ((high - low) * state) / 2 ** 32
  })
}

export interface Given {
  readonly shape: readonly number[]
  readonly values: ArrayLike<number>
}
export type TensorFunction = (...tensors: Tensor<Any>[]) => Tensor<Any, DType>

/** A function of nodes as one of tensors. */
export const lift =
  (f: (...nodes: Node[]) => Node) =>
  (...tensors: Tensor<Any>[]): Tensor<Any> =>
    new Tensor(f(...tensors.map(({ node }) => node)))

const noField = { field: { shape: [1], dtype: 'float32' } } as const

function leaves(inputs: readonly Given[]): { children: Record<string, Param>; feeds: Map<string, Values> } {
  const children: Record<string, Param> = {}
  const feeds = new Map<string, Values>([['field', Float32Array.of(0)]])
  inputs.forEach(({ shape, values }, i) => {
    children[`p${i}`] = nn.param(shape)
    feeds.set(`state/p${i}`, Float32Array.from(values))
  })
  return { children, feeds }
}

/** Runs `f` once in an evaluation graph. */
export async function evaluate(
  inputs: readonly Given[],
  f: TensorFunction,
): Promise<{ shape: readonly number[]; values: number[] }> {
  const { children, feeds } = leaves(inputs)
  const model = nn.module(children, (m, _: Tensor) => f(...Object.values(m as Record<string, Param>)))
  const outputs = ({ field }: { field: Tensor }) => ({ outputs: { y: model(field) }, terms: {} })
  const program = traceEvaluation({ model, outputs, inputs: noField })
  const session = await openSession(program, { threads: 1 })
  const out = await session.run(feeds)
  await session.close()
  return { shape: program.outputs[0]!.shape, values: Array.from(out.get('output/y')!) }
}

interface Differentiable {
  /** Σ weights·f with input i replaced. */
  readonly lossAt: (i: number, values: Float32Array) => Promise<number>
  /** Traced gradients by the inputs, zeros where there is none. */
  readonly gradients: readonly Float32Array[]
  readonly primitives: ReadonlySet<string>
  readonly close: () => Promise<void>
}

/** The scalar Σ weights·f(inputs) and its traced gradients. */
export async function differentiate(
  inputs: readonly Given[],
  f: TensorFunction,
  weights?: ArrayLike<number>,
): Promise<Differentiable> {
  const { children, feeds } = leaves(inputs)
  const primitives = new Set<string>()
  const model = nn.module(children, (m, _: Tensor): Tensor<0> => {
    const y = f(...Object.values(m as Record<string, Param>)) as Tensor<Any>
    for (const node of reachable(y.node)) primitives.add(node.op)
    const { shape } = y.node
    const fixed = weights ? Float32Array.from(weights) : numbers(77, sizeOf(shape), 0.5, 1.5)
    return y.mul(new Tensor<Any>(constant('float32', shape, fixed))).sum()
  })
  const program = traceTraining({
    model,
    loss: ({ field }: { field: Tensor }) => ({ sum: model(field) }),
    optimizer: sgd({ learningRate: 0 }),
    inputs: noField,
    regularise: false,
    observe: { gradients: true },
  })
  feeds.set('learning_rate', Float32Array.of(0)).set('step', Uint32Array.of(0))
  feeds.set('seed', Uint32Array.of(0, 0)).set('sample_ids', Uint32Array.of(0))
  const session = await openSession(program, { threads: 1 })
  const traced = await session.run(feeds)
  return {
    lossAt: async (i, values) => {
      const out = await session.run(new Map(feeds).set(`state/p${i}`, values), ['loss'])
      return out.get('loss')![0]!
    },
    gradients: inputs.map(
      ({ values }, i) => (traced.get(`gradient/p${i}`) as Float32Array | undefined) ?? new Float32Array(values.length),
    ),
    primitives,
    close: () => session.close(),
  }
}

export interface Checked {
  /** Largest difference of traced and numeric gradients, relative to 1 + |numeric|. */
  readonly worst: number
  /** Names of the primitives between inputs and result. */
  readonly primitives: ReadonlySet<string>
}

/** Compares traced gradients with central differences in float32. `f` must be smooth within `step` of the inputs. */
export async function checkGradient(inputs: readonly Given[], f: TensorFunction, step = 0.01): Promise<Checked> {
  const { lossAt, gradients, primitives, close } = await differentiate(inputs, f)
  let worst = 0
  for (const [i, { values }] of inputs.entries()) {
    // all of a small input, an odd stride through a large one
    const stride = values.length <= 24 ? 1 : Math.floor(values.length / 16) | 1
    for (let j = 0; j < values.length; j += stride) {
      const moved = Float32Array.from(values)
      moved[j]! += step
      const up = await lossAt(i, moved)
      moved[j]! -= 2 * step
      const numeric = (up - (await lossAt(i, moved))) / (2 * step)
      worst = Math.max(worst, Math.abs(numeric - gradients[i]![j]!) / (1 + Math.abs(numeric)))
    }
  }
  await close()
  return { worst, primitives }
}

function reachable(root: Node): Set<Node> {
  const seen = new Set([root])
  for (const node of seen) for (const source of [...sourcesOf(node), ...node.inputs]) seen.add(source)
  return seen
}
