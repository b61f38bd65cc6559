// Which schedules are of one kind.
// Not what a stopping rule makes of it.
import { describe, expect, test } from 'vitest'
import { schedulesDiffer, shapeOf, shapePoints, shapeSteps } from './schedule.ts'

const shape = (rate: (x: number) => number, steps = 1000) =>
  shapeOf(
    shapeSteps(steps).map((step) => ({ step, rate: rate(step / steps) })),
    steps,
  )!
const warm = (share: number, peak: number, rest: (x: number) => number) => (x: number) =>
  x < share ? (peak * x) / share : peak * rest(x)
const cosine = (x: number) => (1 + Math.cos(Math.PI * x)) / 2
const linear = (x: number) => 1 - x
const constant = () => 1
const stable = (x: number) => (x < 0.8 ? 1 : (1 - x) / 0.2)

describe('schedules', () => {
  test.each([
    ['another peak', warm(0.05, 1e-3, cosine), warm(0.05, 3e-3, cosine)],
    ['a longer warm-up', warm(0.02, 1, cosine), warm(0.1, 1, cosine)],
    ['linear and cosine', linear, cosine],
    ['a floor', cosine, (x: number) => 0.1 + 0.9 * cosine(x)],
  ])('of one kind: %s', (_, a, b) => expect(schedulesDiffer(shape(a), shape(b))).toBe(false))
  test.each([
    ['constant and cosine', constant, cosine],
    ['stable then down, and cosine', stable, cosine],
    ['constant and stable then down at the half', constant, (x: number) => (x < 0.5 ? 1 : 2 * (1 - x))],
  ])('of two kinds: %s', (_, a, b) => expect(schedulesDiffer(shape(a), shape(b))).toBe(true))
  test('few steps, none, and a rate of zero', () => {
    expect(shape(cosine, 3)).toHaveLength(shapePoints)
    expect(shapeOf([], 10)).toBeNull()
    expect(shapeOf([{ step: 1, rate: 0 }], 10)).toBeNull()
    expect(schedulesDiffer(shape(cosine, 7), shape(cosine, 1000))).toBe(false)
  })
})
