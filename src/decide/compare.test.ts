// Seeds against seeds: published numbers, direction, one seed against several, and how many more would settle it.
// Not what a baseline makes of it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareSeeds } from './compare.ts'

describe('compareSeeds', () => {
  test('Welch: R’s t.test(extra ~ group, sleep)', () => {
    const one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]
    const two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    const found = compareSeeds('max', one, two)
    expect(found.difference).toBeCloseTo(1.58)
    // R gives group 1 − group 2: −3.3654832 to 0.2054832
    expect(found.interval?.[0]).toBeCloseTo(-0.2054832, 5)
    expect(found.interval?.[1]).toBeCloseTo(3.3654832, 5)
    expect(found).toMatchObject({ method: 'Welch', verdict: 'undecided' })
    expect(found.seedsNeeded).toBeGreaterThan(10)
    expect(found.seedsNeeded).toBeLessThan(20)
  })
  test('lower is better where the direction says so', () => {
    const found = compareSeeds('min', [1, 1.1, 0.9], [0.5, 0.6, 0.4])
    expect(found).toMatchObject({ verdict: 'better', superiority: 1, seedsNeeded: null })
    expect(found.difference).toBeCloseTo(0.5)
    expect(compareSeeds('min', [0.5, 0.6, 0.4], [1, 1.1, 0.9]).verdict).toBe('worse')
  })
  test('one seed against several; one against one says nothing', () => {
    const found = compareSeeds('max', [1, 1.1, 0.9], [1.2])
    // t(2) × 0.1 × √(1 + 1/3)
    expect(found.interval?.[1]).toBeCloseTo(0.2 + 4.30265 * 0.1 * Math.sqrt(4 / 3), 4)
    expect(found.method).toBe('one seed against several, equal spread assumed')
    expect(compareSeeds('max', [1], [2])).toMatchObject({ interval: null, verdict: 'undecided', method: 'none' })
  })
  test('property: the other way round is the mirror image', () => {
    const values = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [there, back] = [compareSeeds('max', a, b), compareSeeds('max', b, a)]
        expect(back.difference).toBeCloseTo(-there.difference, 9)
        expect(back.superiority).toBeCloseTo(1 - there.superiority, 9)
        if (there.interval !== null) expect(back.interval?.[0]).toBeCloseTo(-there.interval[1], 6)
      }),
    )
  })
})
