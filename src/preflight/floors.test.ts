import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SampleDigest, Task } from '../contract/index.ts'
import { conflictFloor, doubleSoftmaxFloor, floorOf, smoothingFloor, targetVariance } from './floors.ts'

const sample = (id: number, hash: string, target: number | number[]): SampleDigest => ({
  id,
  hash,
  mean: 0,
  std: 1,
  nonFinite: 0,
  target,
})
const classification: Task = { kind: 'classification', classes: 10, smoothing: 0, pretrained: false }
const regression: Task = { kind: 'regression', outputs: 1, pretrained: false }

test('different inputs can be told apart: the floor is zero', () => {
  const samples = Array.from({ length: 16 }, (_, i) => sample(i, `h${i}`, i % 3))
  expect(conflictFloor(classification, samples)).toBe(0)
  expect(conflictFloor(regression, samples)).toBe(0)
})

test('equal inputs with different labels cost their entropy', () => {
  const samples = [sample(0, 'a', 1), sample(1, 'a', 2), sample(2, 'b', 3), sample(3, 'c', 3)]
  expect(conflictFloor(classification, samples)).toBeCloseTo(0.5 * Math.LN2, 12)
  expect(conflictFloor(regression, samples)).toBeCloseTo(0.5 * 0.25, 12)
})

test('targets that are shares of classes leave their entropy, one-hot ones nothing', () => {
  const three: Task = { ...classification, classes: 3 }
  expect(floorOf(three, [sample(0, 'a', [0.5, 0.5, 0]), sample(1, 'b', [0, 0, 1])], false)).toBeCloseTo(Math.LN2 / 2, 9)
  expect(floorOf(three, [sample(0, 'a', [1, 0, 0]), sample(1, 'b', [0, 1, 0])], false)).toBe(0)
  // several tags at once are no shares
  expect(floorOf(three, [sample(0, 'a', [1, 1, 0]), sample(1, 'b', [0, 1, 0])], false)).toBe(0)
})

test('the smoothed floor is what the best logits reach', () => {
  // the best prediction is the smoothed target itself: no other prediction costs less
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 0.5, noNaN: true }),
      fc.integer({ min: 2, max: 20 }),
      (smoothing, classes) => {
        const right = 1 - smoothing + smoothing / classes
        const rest = smoothing / classes
        const cost = (p: number) => -right * Math.log(p) - (classes - 1) * rest * Math.log((1 - p) / (classes - 1))
        const floor = smoothingFloor(smoothing, classes)
        expect(floor).toBeCloseTo(cost(right), 9)
        for (const p of [0.2, 0.5, 0.9, 0.99]) expect(cost(p)).toBeGreaterThanOrEqual(floor - 1e-12)
      },
    ),
  )
  expect(floorOf({ ...classification, smoothing: 0.1 }, [], true)).toBeCloseTo(smoothingFloor(0.1, 10), 12)
  expect(floorOf({ ...classification, smoothing: 0.1 }, [], false)).toBe(0)
})

test('softmax twice cannot get below ln(e + C − 1) − 1', () => {
  const twice = (p: number, classes: number) => {
    const others = (1 - p) / (classes - 1)
    return Math.log(Math.exp(p) + (classes - 1) * Math.exp(others)) - p
  }
  expect(doubleSoftmaxFloor(10)).toBeCloseTo(1.4612, 4)
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 2, max: 1000 }), (p, classes) => {
      expect(twice(p, classes)).toBeGreaterThanOrEqual(doubleSoftmaxFloor(classes) - 1e-9)
    }),
  )
})

test('variance of the targets, over samples and averaged over outputs', () => {
  expect(targetVariance([sample(0, 'a', [0, 5]), sample(1, 'b', [2, 5])])).toBe(0.5)
})

test('a custom task has the floor that it declares', () => {
  const custom = (floor: number | 'unknown'): Task => ({
    kind: 'custom',
    expect: { initial: {}, floor },
    pretrained: false,
  })
  expect(floorOf(custom('unknown'), [], false)).toBeNull()
  expect(floorOf(custom(-3), [], false)).toBe(-3)
})
