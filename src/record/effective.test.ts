// What a resume voids, and what it leaves.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunEvent, StepRecord } from '../contract/index.ts'
import { effective } from './effective.ts'

const step = (n: number, tag = ''): StepRecord => ({
  step: n,
  epoch: 1,
  loss: 1,
  terms: {},
  updates: [],
  samples: { count: 1, digest: tag },
  seconds: 0,
  wait: 0,
})
const steps = (tag: string, ...list: number[]): RunEvent => ({ type: 'steps', records: list.map((n) => step(n, tag)) })
const evaluated = (n: number): RunEvent => ({
  type: 'evaluated',
  step: n,
  epoch: 1,
  metrics: {},
  samples: 1,
  seconds: 0,
})
const checkpointed = (n: number): RunEvent => ({
  type: 'checkpointed',
  checkpoint: { name: `step-${n}`, step: n, epoch: 1, metrics: {}, manifest: '', bytes: 0 },
  keptAs: ['latest'],
  removed: [],
  seconds: 0,
})
const resumed = (fromStep: number): RunEvent => ({
  type: 'resumed',
  fromStep,
  fromEpoch: 1,
  checkpoint: null,
  passedOver: [],
})
const ended: RunEvent = {
  type: 'ended',
  reason: 'interrupted',
  sentence: '',
  step: 7,
  epoch: 1,
  best: null,
  metrics: {},
  seconds: 0,
}
const warned: RunEvent = { type: 'warned', code: 'X', message: '' }

test('a resume voids what came after its step, in part of a group too, and any end', () => {
  const before = [
    steps('a', 1, 2, 3),
    evaluated(3),
    checkpointed(3),
    steps('a', 4, 5),
    evaluated(5),
    warned,
    steps('a', 6, 7),
    checkpointed(7),
    ended,
  ]
  expect(effective(before)).toEqual(before)
  expect(effective([...before, resumed(4), steps('b', 5, 6)])).toEqual([
    steps('a', 1, 2, 3),
    evaluated(3),
    checkpointed(3),
    steps('a', 4),
    warned,
    resumed(4),
    steps('b', 5, 6),
  ])
})

test('a later resume that went further back decides; one that did not, leaves the earlier part alone', () => {
  expect(effective([steps('a', 1, 2, 3, 4), resumed(3), steps('b', 4, 5), resumed(1), steps('c', 2)])).toEqual([
    steps('a', 1),
    resumed(3),
    resumed(1),
    steps('c', 2),
  ])
  expect(effective([steps('a', 1, 2, 3), resumed(1), steps('b', 2, 3, 4), resumed(3), steps('c', 4)])).toEqual([
    steps('a', 1),
    resumed(1),
    steps('b', 2, 3),
    resumed(3),
    steps('c', 4),
  ])
})

test('any history of crashes: each step once, in order, and the last one trained wins', () => {
  const attempt = fc.record({
    length: fc.integer({ min: 1, max: 9 }),
    back: fc.nat(9),
    group: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(fc.array(attempt, { minLength: 1, maxLength: 6 }), (attempts) => {
      const events: RunEvent[] = []
      const truth = new Map<number, string>()
      let at = 0
      for (const [i, { length, back, group }] of attempts.entries()) {
        if (i > 0) {
          at = Math.max(0, at - back)
          events.push(resumed(at))
          for (const n of [...truth.keys()]) if (n > at) truth.delete(n)
        }
        const list = Array.from({ length }, (_, k) => at + k + 1)
        for (const n of list) truth.set(n, String(i))
        for (let k = 0; k < length; k += group) events.push(steps(String(i), ...list.slice(k, k + group)))
        at += length
      }
      const left = effective(events).flatMap((e) => (e.type === 'steps' ? e.records : []))
      expect(left.map((r) => [r.step, r.samples.digest])).toEqual([...truth])
    }),
  )
})
