import { expect, test } from 'vitest'
import { smoothingFloor } from './floors.ts'
import { crossEntropies, mean, type Outputs } from './outputs.ts'
import { isSmoothed, robustLosses } from './v4-metrics-recomputed.ts'

const classes = 4
const values = Float32Array.from({ length: 40 * classes }, (_, i) => Math.sin(7 * i) * 3)
const targets = Int32Array.from({ length: 40 }, (_, i) => (5 * i + 1) % classes)
const outputs: Outputs = { count: 40, width: classes, values, targets, targetWidth: 1 }
const smoothed = (smoothing: number) => mean(crossEntropies(outputs, 'logits', smoothing))

test('losses against smoothed labels are known by usual smoothings, however the rest is shared out', () => {
  expect(isSmoothed(smoothed(0.1), outputs, ['logits'], classes)).toBe(true)
  // the divergence from labels of 0.9, and 0.1 for the three others together
  const others = (0.1 * classes) / (classes - 1)
  expect(isSmoothed(smoothed(others) - smoothingFloor(others, classes), outputs, ['logits'], classes)).toBe(true)
})

test('any other loss is none of them', () => {
  for (const loss of [smoothed(0.083), 1.5 * smoothed(0), smoothed(0.1) * 1.001, smoothed(0) + 0.01])
    expect(isSmoothed(loss, outputs, ['logits'], classes)).toBe(false)
  expect(isSmoothed(smoothed(0.1), outputs, ['probabilities'], classes)).toBe(false)
})

test('losses of a regression that grow along a line are known by usual widths', () => {
  const errors = [0.1, -0.4, 3, -7]
  const zeros = new Float32Array(errors.length)
  const known = robustLosses({ count: 4, width: 1, targetWidth: 1, values: Float32Array.from(errors), targets: zeros })
  const huber = (delta: number) =>
    mean(errors.map((e) => (Math.abs(e) <= delta ? e ** 2 / 2 : delta * (Math.abs(e) - delta / 2))))
  for (const delta of [0.1, 1, 2]) expect(known.some((value) => Math.abs(value - huber(delta)) < 1e-6)).toBe(true)
  expect(known.some((value) => Math.abs(value - huber(0.5) / 0.5) < 1e-6)).toBe(true)
  expect(known.some((value) => Math.abs(value - huber(1.7)) < 1e-6)).toBe(false)
})
