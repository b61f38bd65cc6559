// Points of a journal: what a resume voids, whose time counts, and names that users give.
import { expect, test } from 'vitest'
import { formatLine, parseHead } from '../record/journalLine.ts'
import { pointsOf } from './points.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + 1000 * second).toISOString()
const step = (n: number, loss = n, terms: Record<string, number> = { loss }) => ({
  step: n,
  epoch: 1,
  loss,
  terms,
  updates: [
    { optimizer: 'a', outcome: 'applied', learningRates: [0.1, 0.2], gradientNorm: 7 },
    { optimizer: 'b', outcome: 'accumulated', learningRates: [9], gradientNorm: null },
  ],
  samples: { count: 1, digest: '' },
  seconds: 0.75,
  wait: 0.25,
})

const follow = (...events: readonly (readonly [second: number, event: unknown])[]) => {
  const points = pointsOf()
  for (const [i, [second, event]] of events.entries()) {
    const line = formatLine(i + 1, i, at(second), event)
    points.add(parseHead(Buffer.from(line.slice(0, -1)))!)
  }
  return points
}
const curve = (points: ReturnType<typeof pointsOf>, name: string) => {
  const { steps, times, values } = points.curves.get(name)!
  return { steps: [...steps.values()], times: [...times.values()], values: [...values.values()] }
}

test('steps, the largest rate that was applied, and time spread over a group', () => {
  const points = follow([0, { type: 'started' }], [10, { type: 'steps', records: [step(1), step(2), step(3)] }])
  expect(curve(points, 'loss')).toEqual({ steps: [1, 2, 3], times: [8, 9, 10], values: [1, 2, 3] })
  expect(curve(points, 'learning_rate').values).toEqual([0.2, 0.2, 0.2])
  expect(curve(points, 'gradient_norm').values).toEqual([7, 7, 7])
  expect(curve(points, 'seconds_per_step').values).toEqual([1, 1, 1])
})

test('a resume voids what came after its checkpoint, says how much, and the night in between is no time', () => {
  const points = follow(
    [0, { type: 'started' }],
    [4, { type: 'steps', records: [1, 2, 3, 4].map((n) => step(n)) }],
    [5, { type: 'evaluated', step: 4, metrics: { val_loss: 0.5 } }],
    [40_000, { type: 'resumed', fromStep: 2 }],
    [40_002, { type: 'steps', records: [step(3, 30), step(4, 40)] }],
  )
  expect(curve(points, 'loss')).toEqual({ steps: [1, 2, 3, 4], times: [1, 2, 3, 4], values: [1, 2, 30, 40] })
  expect(curve(points, 'val_loss').values).toEqual([])
  expect(points.rewinds).toEqual([{ fromStep: 2, again: 2 }])
})

test('NaN is a point, terms are curves of their own, and no name is special', () => {
  const terms = JSON.parse('{"__proto__": 1, "kl": 2}')
  const points = follow(
    [1, { type: 'steps', records: [step(1, Number.NaN, terms)] }],
    [2, { type: 'evaluated', step: 1, metrics: JSON.parse('{"__proto__": 3, "constructor": 4}') }],
  )
  expect(curve(points, 'loss').values).toEqual([Number.NaN])
  expect([...points.curves.keys()]).toEqual(
    expect.arrayContaining(['loss: __proto__', 'loss: kl', '__proto__', 'constructor']),
  )
  expect(curve(points, '__proto__').values).toEqual([3])
})

test('what is no step is passed over', () => {
  const points = follow([1, { type: 'steps', records: [null, 7, {}, { step: 'x', loss: 1 }, step(1)] }])
  expect(curve(points, 'loss').steps).toEqual([1])
})
