// Quantiles and intervals against published values.
// Not how rules use them.
import { describe, expect, test } from 'vitest'
import { deviation, pooled, proportionInterval, studentQuantile, studentShare } from './spread.ts'

describe('spread', () => {
  // tables of Student's t, two-sided 95% and 99%
  test.each([
    [0.95, 1, 12.7062],
    [0.95, 4, 2.77645],
    [0.95, 30, 2.04227],
    [0.99, 8, 3.35539],
    [0.95, 1e6, 1.95997],
  ])('t of %d with %d degrees of freedom', (level, freedom, t) => {
    expect(studentQuantile(level, freedom)).toBeCloseTo(t, 3)
    expect(studentShare(t, freedom)).toBeCloseTo(0.5 + level / 2, 5)
    expect(studentShare(-t, freedom)).toBeCloseTo(0.5 - level / 2, 5)
  })
  // Clopper–Pearson: R's binom.test
  test.each([
    [0, 100, 0, 0.036217],
    [1, 100, 0.000253, 0.054459],
    [10, 20, 0.271958, 0.728042],
    [5, 5, 0.478176, 1],
  ])('%d of %d', (hits, of, low, high) => {
    expect(proportionInterval(hits, of)[0]).toBeCloseTo(low, 5)
    expect(proportionInterval(hits, of)[1]).toBeCloseTo(high, 5)
  })
  test('nothing of nothing says nothing; one value has no spread', () => {
    expect(proportionInterval(0, 0)).toEqual([0, 1])
    expect(deviation([3])).toBeNull()
    expect(pooled([])).toBeNull()
    expect(
      pooled([
        { sd: 1, freedom: 1 },
        { sd: 3, freedom: 3 },
      ]),
    ).toBeCloseTo(Math.sqrt(7))
  })
})
