// Arithmetic on shapes: sizes, axes, broadcasting. Pure; knows no nodes.
// Not the place for the type-level ranks (types.ts).
import { fail } from './error.ts'

export type Shape = readonly number[]

/** Number of elements. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

/** '[8, 32]' as errors print it. */
export const show = (shape: Shape): string => `[${shape.join(', ')}]`

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])

/** A negative axis counts from the end. Throws SHAPE_AXIS when out of range. */
export function axisOf(axis: number, rank: number): number {
  const at = axis < 0 ? rank + axis : axis
  if (!Number.isInteger(at) || at < 0 || at >= rank) {
    fail({
      code: 'SHAPE_AXIS',
      seen: `axis ${axis} of a tensor of rank ${rank}`,
      expected: `an axis in -${rank}…${rank - 1}`,
    })
  }
  return at
}

/** Axes as a sorted list without repeats; undefined is all of them. */
export function axesOf(axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i)
  const list = typeof axes === 'number' ? [axes] : axes
  return [...new Set(list.map((axis) => axisOf(axis, rank)))].sort((a, b) => a - b)
}

/** Shape after a reduction over sorted `axes`. */
export const reducedShape = (shape: Shape, axes: readonly number[], keepdims: boolean): number[] =>
  keepdims ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i))

/** NumPy broadcasting of two shapes. Throws SHAPE_BROADCAST. */
export function broadcast(a: Shape, b: Shape, what: string): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) {
      fail({
        code: 'SHAPE_BROADCAST',
        seen: `${what} of ${show(a)} and ${show(b)}: ${x} against ${y} at axis ${i}`,
        expected: 'equal sizes, or 1, counted from the last axis',
        try: 'reshape or transpose one of them',
      })
    }
    return x === 1 ? y : x
  })
}

/** Fills in one -1 of a reshape. Throws SHAPE_RESHAPE. */
export function resolveReshape(from: Shape, to: Shape): number[] {
  const total = sizeOf(from)
  const known = to.filter((size) => size >= 0).reduce((product, size) => product * size, 1)
  const out = to.map((size) => (size < 0 ? total / known : size))
  const unknowns = to.filter((size) => size < 0).length
  if (unknowns > 1 || out.some((size) => !Number.isInteger(size)) || sizeOf(out) !== total) {
    fail({
      code: 'SHAPE_RESHAPE',
      seen: `${show(from)}, ${total} elements, into ${show(to)}`,
      expected: `${total} elements, with at most one -1`,
    })
  }
  return out
}
