// When samples and memory of the run itself are worth a word. What the engine sees: tests/torch/test_lookout.py.
import { expect, test } from 'vitest'
import type { InFlight } from '../contract/index.ts'
import { overlaps, projected, Watching } from './inflight.ts'

const seen = (more: Partial<InFlight>): InFlight => ({
  looked: 30_000,
  common: 0,
  distinct: 0,
  validation: 10_000,
  pairs: 4.5e8,
  twins: 0,
  again: 0,
  changing: 0,
  notFinite: 0,
  commonAt: null,
  notFiniteAt: null,
  ...more,
})
const plan = {
  steps: 100_000,
  run: { preflight: { overlap: 0.01 } },
  data: [{ split: 'train', samples: 20_000_000, fields: [], sha256: '' }],
} as never

test('one in a hundred of what is trained on is validation', () => {
  expect(overlaps(seen({ common: 300, distinct: 295 }), 20_000_000, 0.01)).toBe(true)
})

test('few possible inputs meet each other everywhere', () => {
  const few = { validation: 500, common: 15_000, distinct: 480, twins: 29_500, pairs: 30_000 * 500 }
  expect(overlaps(seen(few), 20_000_000, 0.01)).toBe(false)
})

test('a handful of coincidences, what the run file allows, and no look at training say nothing', () => {
  expect(overlaps(seen({ common: 4, distinct: 4 }), 20_000_000, 0.01)).toBe(false)
  expect(overlaps(seen({ common: 40, distinct: 40 }), 30_000, 0.01)).toBe(false)
  expect(overlaps(seen({ common: 300, distinct: 300, pairs: 0 }), 20_000_000, 0.01)).toBe(false)
})

const record = (step: number, more: object) => [{ step, ...more }] as never

test('each thing is said once, and the run ends with what was seen', () => {
  const watching = new Watching(plan)
  expect(watching.ended(0)).toBeNull()
  const found = seen({ common: 300, distinct: 300, commonAt: 7, notFinite: 2, notFiniteAt: 9 })
  expect(watching.add(record(10, { inFlight: found })).map(({ code }) => code)).toEqual([
    'D3_IN_FLIGHT',
    'D8_IN_FLIGHT',
  ])
  expect(watching.add(record(20, { inFlight: found }))).toEqual([])
  expect(watching.ended(20)).toEqual({ type: 'watched', step: 20, seen: found })
})

test('inputs that are missing everywhere are meant', () => {
  const watching = new Watching(plan)
  expect(watching.add(record(10, { inFlight: seen({ notFinite: 15_000 }) }))).toEqual([])
})

const climbing = (perStep: number, noise = 0) =>
  Array.from({ length: 64 }, (_, i) => ({
    step: 100 * i,
    rss: 2 ** 30 + perStep * 100 * i + noise * ((i * 7919) % 13),
  }))

test('a list that grows with each step fills the machine; a cache that fills up does not', () => {
  expect(projected(climbing(2 ** 20), 100_000)).toBeGreaterThan(90 * 2 ** 30)
  const cache = climbing(0).map((one, i) => ({ ...one, rss: 2 ** 30 + 2 ** 29 * Math.min(1, i / 20) }))
  expect(projected(cache, 100_000)).toBeNull()
  expect(projected(climbing(0, 2 ** 24), 100_000)).toBeNull()
})

test('a long run keeps few points of its memory, and warns where it climbs', () => {
  const watching = new Watching(plan)
  const codes = Array.from({ length: 5000 }, (_, i) =>
    watching.add(record(i, { memory: { rss: 2 ** 30 + i * 2 ** 22 } })),
  ).flatMap((one) => one.map(({ code }) => code))
  expect(codes).toEqual(['M1_IN_FLIGHT'])
})
