import { expect, test } from 'vitest'
import type { SampleDigest } from '../contract/index.ts'
import { areCopies, nearOf } from './near.ts'
import { type Sketched, sketchesOf } from './sketches.ts'

/** Reproducible numbers, roughly normal. */
const source = (seed: number) => {
  let state = seed * 2654435761 + 1
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) }
}

const digest = (id: number, values: readonly number[], target: number): SampleDigest => ({
  id,
  hash: String(id),
  mean: 0,
  std: 1,
  nonFinite: 0,
  target,
  sketch: Buffer.from(new Float32Array(values).buffer).toString('base64'),
})

const split = (rows: readonly (readonly number[])[], targets: readonly number[], cut: number, seed: number) => {
  const { uniform } = source(seed + 100)
  const order = rows.map((_, i) => [uniform(), i] as const).toSorted(([a], [b]) => a - b)
  const all = order.map(([, i]) => digest(i, rows[i] ?? [], targets[i] ?? 0))
  return sketchesOf([all.slice(cut), all.slice(0, cut)], 10) as readonly [Sketched, Sketched]
}

test.each([0, 1, 2, 3, 4])('frames of recordings that lie in both splits are copies, seed %i', (seed) => {
  const { normal } = source(seed)
  const recordings = Array.from({ length: 100 }, () => Array.from({ length: 64 }, normal))
  const rows = recordings.flatMap((one) => Array.from({ length: 6 }, () => one.map((value) => value + 0.01 * normal())))
  const targets = rows.map((_, i) => Math.floor(i / 6) % 5)
  const found = nearOf(...split(rows, targets, 120, seed))
  expect(found.near / found.looked).toBeGreaterThan(0.9)
  expect(found.copies).toBeGreaterThan(3)
  expect(areCopies(found)).toBe(true)
})

const clouds: readonly [string, (seed: number) => readonly (readonly number[])[]][] = [
  ['points on a line', (seed) => spread(seed, 1)],
  ['points on a plane', (seed) => spread(seed, 2)],
  ['points in five dimensions', (seed) => spread(seed, 5)],
  ['independent samples', (seed) => spread(seed, 64)],
  [
    'five tight classes',
    (seed) => {
      const { normal, uniform } = source(seed)
      const centres = Array.from({ length: 5 }, () => Array.from({ length: 64 }, normal))
      return Array.from({ length: 900 }, () =>
        (centres[Math.floor(5 * uniform())] ?? []).map((value) => value + 0.01 * normal()),
      )
    },
  ],
]

/** A smooth sheet of so many dimensions in 64. */
const spread = (seed: number, dimensions: number) => {
  const { normal, uniform } = source(seed)
  const axes = Array.from({ length: 64 }, () => Array.from({ length: dimensions }, normal))
  return Array.from({ length: 900 }, () => {
    const at = Array.from({ length: dimensions }, uniform)
    return axes.map((axis) => axis.reduce((sum, weight, i) => sum + weight * (at[i] ?? 0), 0))
  })
}

test.each(clouds)('%s are none, on five seeds', (_, rowsOf) => {
  for (const seed of [0, 1, 2, 3, 4]) {
    const rows = rowsOf(seed)
    const found = nearOf(
      ...split(
        rows,
        rows.map(() => 0),
        200,
        seed,
      ),
    )
    expect(areCopies(found), JSON.stringify(found)).toBe(false)
  }
})
