// Between which numbers a node's values lie, whatever the parameters and the data are: intervals along the graph.
// Never too narrow, often too wide; no number is computed but those of constants.
import type { Node } from './graph/node.ts'
import { outcomeOf, sourcesOf } from './primitives/custom.ts'

export interface Bounds {
  readonly low: number
  readonly high: number
  /** The function nearest to the loss that bounds it; '' where none does. */
  readonly how: string
}

const open: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, how: '' }

/** The number that a constant of one element holds. */
export const constantOf = (node: Node): number | null => {
  if (node.op === 'expand' || node.op === 'reshape' || node.op === 'cast') return constantOf(node.inputs[0] as Node)
  if (node.op !== 'constant') return null
  const { data } = node.attrs as { data: ArrayLike<number | bigint> }
  return data.length === 1 ? Number(data[0]) : null
}

const bounding: Readonly<Record<string, readonly [number, number]>> = {
  sigmoid: [0, 1],
  tanh: [-1, 1],
  relu: [0, Number.POSITIVE_INFINITY],
  softplus: [0, Number.POSITIVE_INFINITY],
  exp: [0, Number.POSITIVE_INFINITY],
  softmax: [0, 1],
  log_softmax: [Number.NEGATIVE_INFINITY, 0],
}

const same: ReadonlySet<string> = new Set(['reshape', 'transpose', 'slice', 'expand', 'mean', 'max', 'flip'])

/** Deeper than this nothing is asked: what bounds an output stands near its end. */
const deepest = 24

export const boundsOf = (node: Node, depth = 0): Bounds => {
  const outcome = outcomeOf(node)?.name
  const [low, high] = bounding[outcome ?? node.op] ?? []
  if (low !== undefined && high !== undefined) return { low, high, how: outcome ?? node.op }
  const value = constantOf(node)
  if (value !== null) return { low: value, high: value, how: '' }
  if (depth > deepest) return open
  const of = (at: Node | undefined) => (at ? boundsOf(at, depth + 1) : open)
  if (node.op === 'custom') return of(sourcesOf(node)[0])
  const [a, b] = node.inputs
  if (same.has(node.op)) return of(a)
  switch (node.op) {
    case 'neg':
      return scaled(of(a), -1)
    case 'add':
      return sum(of(a), of(b))
    case 'sub':
      return sum(of(a), scaled(of(b), -1))
    case 'mul': {
      const factor = (b && constantOf(b)) ?? (a && constantOf(a)) ?? null
      return factor === null ? open : scaled(of(b && constantOf(b) !== null ? a : b), factor)
    }
    case 'div': {
      const divisor = b ? constantOf(b) : null
      return divisor === null || divisor === 0 ? open : scaled(of(a), 1 / divisor)
    }
    case 'concat':
      return node.inputs.map(of).reduce(union)
    default:
      return open
  }
}

const scaled = ({ low, high, how }: Bounds, by: number): Bounds => {
  if (by === 0) return { low: 0, high: 0, how }
  return by > 0 ? { low: low * by, high: high * by, how } : { low: high * by, high: low * by, how }
}

const sum = (a: Bounds, b: Bounds): Bounds => ({ low: a.low + b.low, high: a.high + b.high, how: a.how || b.how })

const union = (a: Bounds, b: Bounds): Bounds => ({
  low: Math.min(a.low, b.low),
  high: Math.max(a.high, b.high),
  how: a.how || b.how,
})
