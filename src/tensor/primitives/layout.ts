// Moving values without changing them: reshape, transpose, expand, slice, pad, concat, flip.
// Axes and bounds arrive normalised; tensor.ts checks what users give.
import { type Node, primitive } from '../graph/node.ts'
import { type Shape, sameShape } from '../graph/shape.ts'
import { unbroadcast } from './reduce.ts'

const reshapeNode = primitive<{ shape: Shape }>({
  name: 'reshape',
  value: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  emit: (e, [x], { shape }) => e.op('Reshape', [x!, e.ints(shape)]),
  vjp: ([x], g) => [reshape(g, x!.shape)],
})
export const reshape = (x: Node, shape: Shape): Node => (sameShape(x.shape, shape) ? x : reshapeNode([x], { shape }))

const transposeNode = primitive<{ order: readonly number[] }>({
  name: 'transpose',
  value: ([x], { order }) => ({ shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype }),
  emit: (e, inputs, { order }) => e.op('Transpose', inputs, { perm: order }),
  vjp: (_, g, { order }) => [
    transpose(
      g,
      order.map((_axis, i) => order.indexOf(i)),
    ),
  ],
})
/** Axis i of the result is axis order[i] of x. */
export const transpose = (x: Node, order: readonly number[]): Node =>
  order.every((axis, i) => axis === i) ? x : transposeNode([x], { order })

const expandNode = primitive<{ shape: Shape }>({
  name: 'expand',
  value: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  emit: (e, [x], { shape }) => e.op('Expand', [x!, e.ints(shape)]),
  vjp: ([x], g) => [unbroadcast(g, x!.shape)],
})
/** Broadcasts to `shape`. */
export const expand = (x: Node, shape: Shape): Node => (sameShape(x.shape, shape) ? x : expandNode([x], { shape }))

interface Cut {
  readonly axes: readonly number[]
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly steps: readonly number[]
}
const sliceNode = primitive<Cut>({
  name: 'slice',
  value: ([x], { axes, starts, ends, steps }) => {
    const shape = [...x!.shape]
    axes.forEach((axis, i) => {
      shape[axis] = Math.max(0, Math.ceil((ends[i]! - starts[i]!) / steps[i]!))
    })
    return { shape, dtype: x!.dtype }
  },
  emit: (e, [x], { axes, starts, ends, steps }) =>
    e.op('Slice', [x!, e.ints(starts), e.ints(ends), e.ints(axes), e.ints(steps)]),
  vjp: ([x], g, { axes, starts, steps }) => {
    const spaced = axes.reduce((y, axis, i) => dilate(y, axis, steps[i]!), g)
    const before = x!.shape.map(() => 0)
    axes.forEach((axis, i) => {
      before[axis] = starts[i]!
    })
    return [
      pad(
        spaced,
        before,
        x!.shape.map((size, i) => size - before[i]! - spaced.shape[i]!),
      ),
    ]
  },
})
/** Positive steps; 0 ≤ start ≤ end ≤ size. */
export function slice(
  x: Node,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  steps = axes.map(() => 1),
): Node {
  const whole = axes.every((axis, i) => starts[i] === 0 && ends[i] === x.shape[axis] && steps[i] === 1)
  return whole ? x : sliceNode([x], { axes, starts, ends, steps })
}

const padNode = primitive<{ before: readonly number[]; after: readonly number[] }>({
  name: 'pad',
  value: ([x], { before, after }) => ({
    shape: x!.shape.map((size, i) => size + before[i]! + after[i]!),
    dtype: x!.dtype,
  }),
  emit: (e, [x], { before, after }) => e.op('Pad', [x!, e.ints([...before, ...after])]),
  vjp: ([x], g, { before }) => [
    slice(
      g,
      x!.shape.map((_, i) => i),
      before,
      x!.shape.map((size, i) => size + before[i]!),
    ),
  ],
})
/** Zeros before and after, a count for each axis. */
export const pad = (x: Node, before: readonly number[], after: readonly number[]): Node =>
  [...before, ...after].every((count) => count === 0) ? x : padNode([x], { before, after })

/** Puts step - 1 zeros between neighbours along `axis` (none after the last). */
export function dilate(x: Node, axis: number, step: number): Node {
  const size = x.shape[axis]!
  if (step === 1 || size <= 1) return x
  const before = x.shape.slice(0, axis)
  const after = x.shape.slice(axis + 1)
  const rank = x.shape.length + 1
  const spaced = pad(
    reshape(x, [...before, size, 1, ...after]),
    Array(rank).fill(0),
    Array.from({ length: rank }, (_, i) => (i === axis + 1 ? step - 1 : 0)),
  )
  return slice(reshape(spaced, [...before, size * step, ...after]), [axis], [0], [(size - 1) * step + 1])
}

const concatNode = primitive<{ axis: number }>({
  name: 'concat',
  value: (parts, { axis }) => ({
    shape: parts[0]!.shape.map((size, i) => (i === axis ? parts.reduce((n, part) => n + part.shape[axis]!, 0) : size)),
    dtype: parts[0]!.dtype,
  }),
  emit: (e, inputs, { axis }) => e.op('Concat', inputs, { axis }),
  vjp: (parts, g, { axis }) => {
    let at = 0
    return parts.map((part) => {
      const from = at
      at += part.shape[axis]!
      return slice(g, [axis], [from], [at])
    })
  },
})
export const concat = (parts: readonly Node[], axis: number): Node => concatNode(parts, { axis })

const flipNode = primitive<{ axes: readonly number[] }>({
  name: 'flip',
  value: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  emit: (e, [x], { axes }, node) =>
    e.op('Slice', [
      x!,
      e.ints(axes.map(() => -1)),
      e.ints(axes.map((axis) => -node.shape[axis]! - 1)),
      e.ints(axes),
      e.ints(axes.map(() => -1)),
    ]),
  vjp: (_, g, { axes }) => [flip(g, axes)],
})
/** Reverses the order along axes. */
export const flip = (x: Node, axes: readonly number[]): Node =>
  axes.every((axis) => x.shape[axis] === 1) ? x : flipNode([x], { axes })
