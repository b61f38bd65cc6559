// The forecast against runs whose length is known, and its verdict against budgets. No subject runs here.
import { describe, expect, test } from 'vitest'
import type { Plan } from '../contract/index.ts'
import { clock, judgeForecast } from './f1-forecast.ts'
import { forecastOf, type Measured } from './forecast.ts'

const plan = {
  steps: 1000,
  stepsPerEpoch: 100,
  run: {
    evaluate: { every: { epochs: 1 } },
    checkpoint: { every: { steps: 50 }, keep: { latest: 2, best: 1, top: 0 } },
  },
} as unknown as Plan

const measured: Measured = {
  steps: Array.from({ length: 40 }, (_, i) => 0.1 + 0.001 * (i % 3)),
  wall: null,
  perSample: 0.001,
  valSamples: 2000,
  save: { bytes: 5e7, seconds: 0.5 },
  rss: 4e8,
  device: null,
  watts: 200,
  metered: true,
}

test('adds up steps, evaluations and saves, with an interval about it', () => {
  const found = forecastOf(plan, measured)
  // 1000 × 0.101 + 11 × 2 + 20 × 0.5
  expect(found.seconds.middle).toBeCloseTo(133, 0)
  expect(found).toMatchObject({ evaluations: 11, checkpoints: 20 })
  expect(found.seconds.low).toBeLessThan(133)
  expect(found.seconds.low).toBeGreaterThan(100)
  expect(found.seconds.high).toBeLessThan(166)
  // three kept, one being written, and the journal
  expect(found.diskBytes).toBe(4 * 5e7 + 600 * 1000)
  expect(found.kilowattHours.middle).toBeCloseTo((found.seconds.middle * 200) / 3.6e6, 9)
})

test('one slow step is an outlier, time between the steps is not', () => {
  const slow = forecastOf(plan, { ...measured, steps: [...measured.steps, 60] })
  expect(slow.seconds.middle).toBeLessThan(1.1 * forecastOf(plan, measured).seconds.middle)
  expect(forecastOf(plan, { ...measured, wall: 0.2 }).stepSeconds).toBe(0.2)
})

test('a rule of thumb for the power widens the energy, not the time', () => {
  const rough = forecastOf(plan, { ...measured, metered: false })
  const exact = forecastOf(plan, measured)
  expect(rough.seconds).toEqual(exact.seconds)
  expect(rough.kilowattHours.high).toBeCloseTo(2 * exact.kilowattHours.high, 9)
})

describe('against a budget', () => {
  const judge = (budget: object, metered = true, free: number | null = 1e12) =>
    judgeForecast(forecastOf(plan, { ...measured, metered }), {
      budget,
      power: { watts: 200, measured: metered ? ['processor'] : [] },
      free,
    })
  test.each([
    ['none', {}, 'GO'],
    ['minutes enough', { minutes: 4 }, 'GO'],
    ['minutes within the interval', { minutes: 2.3 }, 'WARN'],
    ['too few minutes', { minutes: 1 }, 'NO-GO'],
    ['disk', { disk_gigabytes: 0.1 }, 'NO-GO'],
    ['memory', { memory_gigabytes: 0.1 }, 'NO-GO'],
    ['energy', { kilowatt_hours: 0.001 }, 'NO-GO'],
    ['money by the hour', { cost: { limit: 0.01, per_hour: 2, per_kilowatt_hour: 0 } }, 'NO-GO'],
    ['money enough', { cost: { limit: 1, per_hour: 2, per_kilowatt_hour: 0.3 } }, 'GO'],
    ['carbon', { carbon: { kilograms: 0.001, grams_per_kilowatt_hour: 400 } }, 'NO-GO'],
  ] as const)('%s', (_, budget, status) => {
    const said = judge(budget)
    expect(said, said.seen ?? '').toMatchObject({ status, cause: status === 'GO' ? null : 'over-budget' })
  })
  test('a rule of thumb blocks only what it is far above, and no disk is a warning', () => {
    expect(judge({ kilowatt_hours: 0.006 }, false).status).toBe('WARN')
    expect(judge({ kilowatt_hours: 0.001 }, false).status).toBe('NO-GO')
    expect(judge({}, true, 1e6).status).toBe('WARN')
  })
})

test('a clock', () => {
  expect([clock(34), clock(3725)]).toEqual(['0:34', '1:02:05'])
})
