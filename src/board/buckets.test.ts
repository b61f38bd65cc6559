// Buckets keep what a reader must see: every extreme, every value that is no number, and where a point stands.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketed, gridOf } from './buckets.ts'

const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
const seriesOf = (y: readonly number[]) => ({ x: Float64Array.from(y, (_, i) => i + 1), y: Float64Array.from(y) })
const told = (values: readonly (number | null)[] | null) => (values ?? []).filter((v) => v !== null)

describe('buckets', () => {
  test('no spike is lost, whatever the width', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
          minLength: 50,
          maxLength: 400,
        }),
        fc.integer({ min: 5, max: 20 }),
        (y, width) => {
          const series = seriesOf(y)
          const grid = gridOf([series.x], all, width)
          expect(grid.bucket).not.toBeNull()
          const { min, max, mean, first, last } = bucketed(series, grid, 0)
          const short = (value: number) => Number(value.toPrecision(7))
          expect(Math.max(...told(max))).toBe(short(Math.max(...y)))
          expect(Math.min(...told(min))).toBe(short(Math.min(...y)))
          expect(told(first)[0]).toBe(short(y[0]!))
          expect(told(last).at(-1)).toBe(short(y.at(-1)!))
          for (const [i, value] of (mean ?? []).entries())
            if (value !== null) {
              // seven digits of each
              const slack = 1e-6 * Math.max(Math.abs(min![i]!), Math.abs(max![i]!))
              expect(value).toBeGreaterThanOrEqual(min![i]! - slack)
              expect(value).toBeLessThanOrEqual(max![i]! + slack)
            }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('few points stay where they are', () => {
    const series = { x: Float64Array.of(20, 40, 430), y: Float64Array.of(3, 2, 1) }
    const grid = gridOf([series.x], all, 600)
    expect(grid).toMatchObject({ x: [20, 40, 430], bucket: null })
    expect(bucketed(series, grid, 0)).toMatchObject({ last: [3, 2, 1], mean: null, min: null, max: null, smooth: null })
  })

  test('runs of different lengths share one axis', () => {
    const [a, b] = [Float64Array.of(1, 2, 3), Float64Array.of(2, 4)]
    const grid = gridOf([a, b], all, 600)
    expect(grid.x).toEqual([1, 2, 3, 4])
    expect(bucketed({ x: b, y: Float64Array.of(5, 6) }, grid, 0).last).toEqual([null, 5, null, 6])
  })

  test('a zoom keeps both its ends and shows what buckets hid', () => {
    const series = seriesOf(Array.from({ length: 10_000 }, (_, i) => i))
    const wide = gridOf([series.x], all, 100)
    expect(wide.bucket).toBeCloseTo(99.99)
    const near = gridOf([series.x], { from: 100, to: 150 }, 100)
    expect(near.bucket).toBeNull()
    expect([near.x[0], near.x.at(-1), near.x.length]).toEqual([100, 150, 51])
  })

  test('NaN and infinities are marked, counted and never averaged', () => {
    const series = seriesOf([1, Number.NaN, 3, Number.POSITIVE_INFINITY, 5, Number.NEGATIVE_INFINITY])
    const { last, odd, smooth } = bucketed(series, gridOf([series.x], all, 100), 0.5)
    expect(last).toEqual([1, null, 3, null, 5, null])
    expect(odd).toEqual([
      [2, 'NaN', 1],
      [4, 'Infinity', 1],
      [6, '-Infinity', 1],
    ])
    expect(told(smooth).every(Number.isFinite)).toBe(true)
  })

  test('smoothing goes over the points: it does not change with the width, and a constant stays one', () => {
    const noisy = seriesOf(Array.from({ length: 3000 }, (_, i) => Math.sin(i * 12.9898)))
    const last = (width: number) => told(bucketed(noisy, gridOf([noisy.x], all, width), 0.9).smooth).at(-1)
    expect(last(50)).toBe(last(700))
    const flat = seriesOf(new Array(500).fill(0.25))
    for (const value of told(bucketed(flat, gridOf([flat.x], all, 100), 0.99).smooth))
      expect(value).toBeCloseTo(0.25, 6)
  })

  test('nothing at all is an empty chart', () => {
    const grid = gridOf([new Float64Array(0)], all, 100)
    expect(bucketed(seriesOf([]), grid, 0.9)).toMatchObject({ last: [], odd: [] })
  })
})
