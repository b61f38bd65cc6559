// The pure parts of O9 on made-up updates; the check itself runs on real ones in tests/torch/optim.test.ts.
import { expect, test } from 'vitest'
import type { Update } from '../contract/index.ts'
import { clippedLate } from './o9-clipping.ts'

const update = (used: number, left: number | null, more: Partial<Update> = {}): Update => ({
  optimizer: 'sgd',
  outcome: 'applied',
  learningRates: [0.1],
  gradientNorm: used,
  clippedNorm: used,
  leftNorm: left,
  ...more,
})

test('one norm is left of several that were used: the limit', () => {
  const late = [3, 7, 0.4, 5].map((used) => update(used, Math.min(used, 1)))
  expect(clippedLate(late)).toEqual({ optimizer: 'sgd', limit: 1, least: 3, most: 7, steps: 3 })
})

test.each([
  ['clipped in time', [3, 7, 5].map(() => update(1, 1))],
  ['not clipped', [3, 7, 5].map((used) => update(used, used))],
  ['cleared at the end', [3, 7, 5].map((used) => update(used, null))],
  ['set to zero at the end', [3, 7, 5].map((used) => update(used, 0))],
  ['changed otherwise, as by the pass of another loss', [3, 7, 5].map((used) => update(used, used / 3))],
  ['two steps alone', [3, 7].map((used) => update(used, 1))],
  ['the same gradient at each step', [3, 3, 3].map((used) => update(used, 1))],
  ['scaled', [3, 7, 5].map((used) => update(used, 1, { lossScale: 8 }))],
] as const)('%s: nothing', (_, updates) => {
  expect(clippedLate(updates)).toBeNull()
})
