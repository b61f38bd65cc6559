// Where the samples of a batch lie in each value of a graph, and what tears them apart: a reshape that takes the batch's axis for another's,
// a softmax over it. Told from shapes alone. Not what is meant to look at the whole batch: a mean, a norm, similarities of each with each.
import { ancestorsOf, frameOf } from './ancestors.ts'
import type { Node } from './graph/node.ts'
import { outcomeOf, sourcesOf } from './primitives/custom.ts'

export interface Torn {
  readonly where: string | null
  readonly how: 'reshape' | 'softmax'
}

/** Of the values that these outputs are computed from. `rows`: the batch's size, which no other axis has; fields have it first. */
export const tornIn = (outputs: readonly Node[], fields: ReadonlySet<Node>, rows: number): Torn[] => {
  // a value has a larger number than those it is computed from
  const all = [...ancestorsOf(outputs)].sort((a, b) => a.id - b.id)
  /** How many numbers apart two samples lie in memory; absent where nobody can tell, and where values are of no sample or of several. */
  const apart = new Map<Node, number>()
  for (const node of all) {
    const found = fields.has(node) ? sizeOf(node.shape) / rows : follow(node, apart, rows)
    if (found !== null) apart.set(node, found)
  }
  // reaches an output with its samples still apart: what is pooled over the batch is another thing
  const wanted = new Set(outputs)
  const staying = new Set<Node>()
  for (const node of all.toReversed())
    if (apart.has(node) && wanted.has(node)) {
      staying.add(node)
      for (const source of sourcesOf(node)) wanted.add(source)
    }
  return all.flatMap((node): Torn[] => {
    const where = frameOf(node)
    const distance = apart.get(node)
    // an axis as long as the batch that counts something else: each of its places holds parts of several samples
    if (
      node.op === 'reshape' &&
      distance !== undefined &&
      node.shape.includes(rows) &&
      axisAt(node, distance, rows) < 0
    )
      return [{ where, how: 'reshape' }]
    const outcome = outcomeOf(node)
    const over = outcome !== null && outcome.name !== 'one_hot' && distance !== undefined
    // of two axes it may be meant: shares of each class
    const softmax = over && node.shape.length > 2 && outcome.axis === axisAt(node, distance, rows)
    return softmax && staying.has(node) ? [{ where, how: 'softmax' }] : []
  })
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** The axis that counts the samples; −1 where it is joined with another, or none. */
const axisAt = ({ shape }: Pick<Node, 'shape'>, distance: number, rows: number): number =>
  shape.findIndex((size, axis) => size === rows && sizeOf(shape.slice(axis + 1)) === distance)

/** Elementwise, so that a sample's values stay where they are. */
const elementwise: ReadonlySet<string> = new Set(
  (
    'add sub mul div pow neg sign relu step exp log sqrt reciprocal abs erf sigmoid tanh softplus sin cos ' +
    'where cast expand equal greater greaterEqual less lessEqual and'
  ).split(' '),
)
const reducing: ReadonlySet<string> = new Set(['sum', 'mean', 'sumSquare', 'max', 'argmax'])
/** Axis 0 of the first operand stays axis 0. */
const first: ReadonlySet<string> = new Set(['conv2d', 'maxPool2d', 'avgPool2d', 'channelAffine'])

const follow = (node: Node, apart: ReadonlyMap<Node, number>, rows: number): number | null => {
  const sources = sourcesOf(node)
  const known = sources.filter((source) => apart.has(source))
  const [one] = known
  if (!one) return null
  const distance = apart.get(one) as number
  if (node.op === 'custom' || node.op === 'reshape') return distance
  const axis = axisAt(one, distance, rows)
  const at = (place: number) => (node.shape[place] === rows ? sizeOf(node.shape.slice(place + 1)) : null)
  const attributes = node.attrs as {
    order?: number[]
    axes?: number[]
    axis?: number
    keepdims?: boolean
    left?: boolean
  } | null
  // rows of several axes joined into one are multiplied as they are
  if (node.op === 'gemm' && known.length === 1 && one === sources[0] && !attributes?.left) {
    const width = one.shape[1] as number
    return distance % width === 0 ? (distance / width) * (node.shape[1] as number) : null
  }
  if (axis < 0)
    return elementwise.has(node.op) && known.every((each) => sizeOf(each.shape) === sizeOf(node.shape))
      ? distance
      : null
  if (elementwise.has(node.op) || node.op === 'concat') {
    // from the right, as shapes are broadcast
    const place = node.shape.length - one.shape.length + axis
    const agree = known.every(
      (each) => node.shape.length - each.shape.length + axisAt(each, apart.get(each) as number, rows) === place,
    )
    return agree && !(node.op === 'concat' && attributes?.axis === axis) ? at(place) : null
  }
  if (node.op === 'transpose') return at(attributes?.order?.indexOf(axis) ?? -1)
  if (['slice', 'pad', 'flip'].includes(node.op)) return at(axis)
  if (node.op === 'oneHot') return distance * (node.shape.at(-1) as number)
  if (node.op === 'lookup') return one === sources[1] ? at(axis) : null
  if (reducing.has(node.op)) {
    const axes = attributes?.axes ?? [attributes?.axis ?? -1]
    if (axes.includes(axis)) return null
    return at(
      attributes?.keepdims || node.shape.length === one.shape.length
        ? axis
        : axis - axes.filter((a) => a < axis).length,
    )
  }
  if (node.op === 'batchMatmul') return batched(node, sources, known, axis, apart, rows)
  return first.has(node.op) && one === sources[0] && axis === 0 ? at(0) : null
}

/** A leading axis of both, or of one of them; or what stays of the left operand's rows where the right one is of no sample. */
const batched = (
  node: Node,
  sources: readonly Node[],
  known: readonly Node[],
  axis: number,
  apart: ReadonlyMap<Node, number>,
  rows: number,
): number | null => {
  const placeOf = (each: Node) => node.shape.length - each.shape.length + axisAt(each, apart.get(each) as number, rows)
  const places = new Set(known.map(placeOf))
  const [place = -1] = places
  const leading = places.size === 1 && place < node.shape.length - 2
  const left = known.length === 1 && known[0] === sources[0] && axis === (sources[0] as Node).shape.length - 2
  if ((!leading && !left) || node.shape[place] !== rows) return null
  return sizeOf(node.shape.slice(place + 1))
}
