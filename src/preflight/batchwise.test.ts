// A metric that is averaged over batches against those that are not: by its numbers alone.
// Not the check that asks for them (V2).
import { expect, test } from 'vitest'
import { drawOf } from '../contract/draw.ts'
import type { Evaluation } from '../contract/index.ts'
import { batchwiseIn, placesOf } from './batchwise.ts'

const draw = drawOf(5)
const truth = Array.from({ length: 71 }, () => draw() % 3 === 0)
const guess = truth.map((one) => (draw() % 4 === 0 ? !one : one))

const f1 = (places: readonly number[]): number => {
  const count = (of: (i: number) => boolean | undefined) => places.filter((i) => of(i)).length
  const hits = count((i) => truth[i] && guess[i])
  return (2 * hits) / Math.max(1, count((i) => truth[i]) + count((i) => guess[i]))
}
const accuracy = (places: readonly number[]) => places.filter((i) => truth[i] === guess[i]).length / places.length
const rmse = (places: readonly number[]) => Math.sqrt(places.reduce((sum, i) => sum + (i % 7) ** 2, 0) / places.length)
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

const evaluation = (samples: number, score: number): Evaluation => ({
  split: 'val',
  samples,
  batches: 1,
  metrics: { score },
  seconds: 0,
})
const all = Array.from({ length: 71 }, (_, i) => i)
const places = placesOf(71, 7)

const told = (metric: (places: readonly number[]) => number, reported: number) =>
  batchwiseIn(
    evaluation(71, reported),
    places.map((batch) => evaluation(batch.length, metric(batch))),
    evaluation(71, metric(all)),
  )

test('the places of batches are all samples, the last batch of one', () => {
  expect(places.flat()).toEqual(all)
  expect(places.at(-1)).toEqual([70])
})

test.each([
  ['F1', f1],
  ['root mean square', rmse],
  ['accuracy', accuracy],
] as const)('%s: the mean over batches is told, the value of the whole is not', (_, metric) => {
  expect(told(metric, mean(places.map(metric)))).toMatchObject({ name: 'score', batches: 11 })
  expect(told(metric, metric(all))).toBeNull()
})

test('a mean over samples is none, and neither is a last batch that is left out, nor another number', () => {
  expect(told(accuracy, accuracy(all))).toBeNull()
  expect(told(f1, mean(places.slice(0, -1).map(f1)))).toBeNull()
  expect(told(f1, 0.5)).toBeNull()
})

test('batches of one size whose mean is the whole say nothing', () => {
  const even = placesOf(70, 7)
  const each = even.map((batch) => evaluation(7, accuracy(batch)))
  const whole = accuracy(all.slice(0, 70))
  expect(batchwiseIn(evaluation(70, whole), each, evaluation(70, whole))).toBeNull()
})
