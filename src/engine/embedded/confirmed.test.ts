// What numbers say of a form: shares, prefixes of ones, and how far targets lie beyond what can be reached.
// The whole way, in real polls: tests/preflight/custom.test.ts.
import { expect, test } from 'vitest'
import { areShares, beyond, masked } from './confirmed.ts'

const of = (...values: number[]) => Float32Array.from(values)

test('shares are never negative and sum to 1', () => {
  expect(areShares(of(0.2, 0.8, 1, 0), 2)).toBe(true)
  expect(areShares(of(0.2, 0.7, 1, 0), 2)).toBe(false)
  expect(areShares(of(1.2, -0.2), 2)).toBe(false)
})

test('a mask of padding is ones and then zeros; weights and holes are none', () => {
  expect(masked({}, of(1, 1, 1, 0, 1, 0, 0, 0), 4)).toEqual({ share: 0.5 })
  expect(masked({}, of(1, 0, 1, 0, 1, 0, 0, 0), 4)).toBeNull()
  expect(masked({}, of(1, 0.5, 0, 0), 4)).toBeNull()
  expect(masked({}, of(1, 1, 1, 1), 4)).toBeNull()
})

test('targets beyond reach, as a share of their variance', () => {
  expect(beyond({ low: 0 }, of(-1, 1, -1, 1))).toEqual({ low: -1, high: 1, share: 0.5 })
  expect(beyond({ low: 0, high: 1 }, of(-0.01, 0, 1, 0.5))).toBeNull()
})
