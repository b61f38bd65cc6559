import { expect, test } from 'vitest'
import { attemptOf, creeps, nextRate } from './overfit.ts'

const falling = (from: number, to: number, steps = 100) =>
  Array.from({ length: steps }, (_, i) => to + (from - to) * 0.9 ** i)

test('a loss that gets within 2% of the floor has reached it', () => {
  expect(attemptOf(1e-3, falling(2.3, 0), 0)).toMatchObject({ reached: true, finite: true })
  expect(attemptOf(1e-3, falling(2.3, 1.46), 0)).toMatchObject({ reached: false, settled: true })
})

test('one lucky step is no progress', () => {
  const losses = Array.from({ length: 100 }, (_, i) => (i === 50 ? 0 : 2.3))
  expect(attemptOf(1e-3, losses, 0)).toMatchObject({ reached: false })
})

test('smaller after a divergence or a climb, larger while it creeps', () => {
  expect(nextRate([attemptOf(1, [2, 3, Number.NaN], 0)])).toBeCloseTo(0.1)
  expect(nextRate([attemptOf(1, [2, 5, 9, 9, 9, 9], 0)])).toBeCloseTo(0.1)
  expect(nextRate([attemptOf(1e-5, falling(2.3, 2.2), 0)])).toBeGreaterThan(1e-5)
})

test('between a rate that creeps and one that diverges', () => {
  const slow = attemptOf(1e-4, falling(2.3, 1), 0)
  const fast = attemptOf(1e-2, [2.3, 5, 9, Number.POSITIVE_INFINITY], 0)
  expect(nextRate([slow, fast])).toBeCloseTo(1e-3)
})

test('a rate is left early where three times its pace would not do, and a floor that a bug makes is looked at in full', () => {
  const line = (share: number, steps = 60) => Array.from({ length: steps }, (_, i) => 2.3 * (1 - (share * i) / steps))
  expect(creeps(line(0.01), 0)).toBe(true)
  expect(creeps(line(0.2), 0)).toBe(false)
  expect(creeps(falling(2.3, 1.46, 60), 0)).toBe(false)
  expect(creeps(line(0.01, 59), 0)).toBe(false)
})

test('no losses at all are no success', () => {
  expect(attemptOf(1, [], 0)).toMatchObject({ reached: false })
})
