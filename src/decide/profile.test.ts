// A benchmark from its seeds' curves: mean of best-so-far, noise by decile, and curves that end early or lack values.
// Not what a rule makes of it.
import { describe, expect, test } from 'vitest'
import { seedNoise } from './learn.ts'
import { profileOf } from './profile.ts'

const curve = (...points: [number, number][]) => points.map(([fraction, value]) => ({ fraction, value }))

describe('profileOf', () => {
  test('the mean of best-so-far, from where every seed has a value', () => {
    const profile = profileOf({
      direction: 'max',
      curves: [curve([0.1, 1], [0.5, 3], [0.9, 2]), curve([0.3, 2], [0.5, 1], [1, 5])],
    })
    expect(profile?.fractions).toEqual([0.3, 0.5, 1])
    expect(profile?.means).toEqual([1.5, 2.5, 4])
    expect(profile?.final).toEqual({ mean: 4, sd: Math.SQRT2 })
  })
  test('a seed that ended early keeps its best; order does not count, nor what is not finite', () => {
    const profile = profileOf({
      direction: 'min',
      curves: [curve([0.5, 1], [0.1, 3], [0.7, Number.NaN]), curve([0.1, 3], [1, 2])],
    })
    expect(profile?.fractions).toEqual([0.1, 0.5, 1])
    expect(profile?.means).toEqual([3, 2, 1.5])
  })
  test('noise is never below the spread at the end, nor below the project’s', () => {
    const close = [curve([0.1, 1], [1, 2]), curve([0.1, 1], [1, 3])]
    expect(profileOf({ direction: 'max', curves: close })?.noise[2]).toBeCloseTo(Math.SQRT1_2)
    const project = Array.from({ length: 10 }, (_, i) => i)
    expect(profileOf({ direction: 'max', curves: close, project })?.noise[9]).toBe(9)
  })
  test('one seed tells no noise; no seed with a value is no benchmark', () => {
    expect(profileOf({ direction: 'max', curves: [curve([1, 2])] })?.noise.every((v) => v === null)).toBe(true)
    expect(profileOf({ direction: 'max', curves: [curve([1, Number.NaN]), []] })).toBeNull()
  })
  test('the project’s noise pools configs of several seeds, and passes over single ones', () => {
    const noise = seedNoise('max', [
      [curve([0.05, 1]), curve([0.05, 3])],
      [curve([0.05, 10]), curve([0.05, 14])],
      [curve([0.05, 99])],
    ])
    // variances 2 and 8, one degree of freedom each
    expect(noise[0]).toBeCloseTo(Math.sqrt(5))
    expect(seedNoise('max', [[curve([0.5, 1])]])).toEqual(Array.from({ length: 10 }, () => null))
  })
})
