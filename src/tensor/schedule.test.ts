// Schedules over a whole run. PyTorch's numbers are in goldens/.
import { expect, test } from 'vitest'
import { schedule, TensorError } from './index.ts'

const run = (at: (step: number, total: number) => number, total: number) =>
  Array.from({ length: total }, (_, step) => at(step, total))

test('warm-up starts above zero and reaches the peak', () => {
  const rates = run(schedule.cosine({ peak: 1, warmup: 0.1 }).at, 100)
  expect(rates[0]).toBeCloseTo(0.1)
  expect(rates[9]).toBe(1)
  expect(rates[10]).toBe(1)
  expect(Math.max(...rates)).toBe(1)
  expect(rates.slice(10)).toEqual(rates.slice(10).sort((a, b) => b - a))
  expect(rates.at(-1)!).toBeGreaterThan(0)
})

test('constant, linear, counted warm-up, end', () => {
  expect(run(schedule.constant({ peak: 0.5, warmup: { steps: 2 } }).at, 4)).toEqual([0.25, 0.5, 0.5, 0.5])
  expect(run(schedule.linear({ peak: 1, end: 0.5 }).at, 4)).toEqual([1, 0.875, 0.75, 0.625])
  expect(schedule.linear({ peak: 1, end: 0.5 }).at(99, 4)).toBe(0.5)
})

test.each([{ peak: -1 }, { peak: 1, warmup: 2 }, { peak: 1, warmup: { steps: -1 } }, { peak: Number.NaN }])(
  'refuses %j',
  (options) => {
    expect(() => schedule.cosine(options)).toThrow(TensorError)
  },
)
