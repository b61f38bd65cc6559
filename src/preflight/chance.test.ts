import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chanceOfLogits, entropy, lossOfSpread, priorsOf } from './chance.ts'
import type { Outputs } from './outputs.ts'

const outputs = (rows: readonly (readonly number[])[], labels: readonly number[]): Outputs => ({
  count: rows.length,
  width: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
  targetWidth: 1,
  targets: Int32Array.from(labels),
})

/** Box and Muller over a fixed sequence: normal numbers that are the same in each run. */
const normals = (count: number): number[] => {
  let state = 12345
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 1) / 2 ** 32
  }
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()))
}

test('uniform logits cost ln C whatever the labels', () => {
  const rows = Array.from({ length: 30 }, () => [0.3, 0.3, 0.3, 0.3, 0.3])
  const found = chanceOfLogits(
    outputs(
      rows,
      rows.map((_, i) => (i % 3 === 0 ? 0 : 4)),
    ),
    5,
  )
  expect(found.loss).toBeCloseTo(Math.log(5), 6)
  expect(found.independent).toBeCloseTo(Math.log(5), 6)
  expect(found.sigma).toBeCloseTo(0, 3)
})

test('a bias of the log prior costs the entropy of the labels', () => {
  const labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2]
  const prior = [0.6, 0.3, 0.1]
  const found = chanceOfLogits(
    outputs(
      labels.map(() => prior.map(Math.log)),
      labels,
    ),
    3,
  )
  expect(found.loss).toBeCloseTo(entropy(prior), 5)
  expect(entropy(priorsOf(labels, 3))).toBeCloseTo(entropy(prior), 12)
})

test('random logits lie within four standard errors of chance, and near the spread formula', () => {
  for (const sigma of [0.1, 0.5, 1]) {
    const draw = normals(2000 * 10)
    const rows = Array.from({ length: 2000 }, (_, i) => draw.slice(10 * i, 10 * i + 10).map((z) => z * sigma))
    const found = chanceOfLogits(
      outputs(
        rows,
        rows.map((_, i) => i % 10),
      ),
      10,
    )
    expect(Math.abs(found.loss - found.independent)).toBeLessThan(4 * found.error)
    expect(Math.abs(found.independent - lossOfSpread(10, sigma))).toBeLessThan(0.05 * sigma)
  }
})

test('logits that know the labels leave the band by far', () => {
  const rows = Array.from({ length: 200 }, (_, i) => [0, 0, 0, 0].map((_, c) => (c === i % 4 ? 3 : 0)))
  const found = chanceOfLogits(
    outputs(
      rows,
      rows.map((_, i) => i % 4),
    ),
    4,
  )
  expect(found.loss).toBeLessThan(found.independent - 4 * found.error - 1)
  expect(found.accuracy).toBe(1)
})

test('entropy lies between 0 and ln C', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 50 }), (labels) => {
      const value = entropy(priorsOf(labels, 7))
      expect(value).toBeGreaterThanOrEqual(-1e-12)
      expect(value).toBeLessThanOrEqual(Math.log(7) + 1e-12)
    }),
  )
})

test('classes whose samples look alike: the deviation over all ways to name them, counted one by one', () => {
  const draw = normals(16)
  const rows = [0, 1, 2, 3].map((k) => draw.slice(4 * k, 4 * k + 4))
  const labels = [0, 1, 2, 3]
  const permutations = (rest: readonly number[]): number[][] =>
    rest.length === 0 ? [[]] : rest.flatMap((k) => permutations(rest.filter((x) => x !== k)).map((p) => [k, ...p]))
  const losses = permutations(labels).map((names) => chanceOfLogits(outputs(rows, names), 4).loss)
  const centre = losses.reduce((a, b) => a + b) / losses.length
  const brute = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - centre) ** 2, 0) / losses.length)
  expect(losses).toHaveLength(24)
  expect(chanceOfLogits(outputs(rows, labels), 4).naming).toBeCloseTo(brute, 6)
  expect(chanceOfLogits(outputs(rows, labels), 4).independent).toBeCloseTo(centre, 6)
})
