// What stands beside outputs: labels or none. Not the numbers that are made of them.
import { expect, test } from 'vitest'
import { type Outputs, readingsOf } from './outputs.ts'

const beside = (...targets: number[]): Outputs => ({
  count: targets.length,
  width: 3,
  values: Float32Array.from({ length: 3 * targets.length }, (_, i) => Math.sin(i)),
  targetWidth: 1,
  targets: Int32Array.from(targets),
})

test('classes by number are labels', () => {
  expect(readingsOf(beside(0, 2, 1, 1), 3)).toEqual(['logits'])
})

test('numbers that are no class are not: words of a text, places in it, a label to be ignored', () => {
  expect(readingsOf(beside(0, 17, 1, 4), 3)).toEqual(['unknown'])
  expect(readingsOf(beside(0, -100, 1, 2), 3)).toEqual(['unknown'])
})
