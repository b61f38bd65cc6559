// One input for many samples: an array that was filled in part, and data that repeats itself by nature. No subject runs here.
import { expect, test } from 'vitest'
import type { SampleDigest } from '../contract/index.ts'
import { oneForMany } from './d8-sound-values.ts'

const samples = (hash: (i: number) => string, target: (i: number) => number): SampleDigest[] =>
  Array.from({ length: 200 }, (_, id) => ({ id, hash: hash(id), mean: 0, std: 1, nonFinite: 0, target: target(id) }))
const filledHalf = (i: number) => (i < 100 ? `row ${i}` : 'zeros')

test('the rest of an array that was never filled', () => {
  expect(oneForMany(samples(filledHalf, (i) => i))).toMatchObject({ same: 100, targets: 100, distinct: 1, id: 100 })
})

test('blank pictures of one class, inputs that all come again, rows that are all their own, a few that are missing', () => {
  expect(oneForMany(samples(filledHalf, (i) => (i < 100 ? i : 0)))).toBeNull()
  expect(
    oneForMany(
      samples(
        (i) => `kind ${i % 4}`,
        (i) => i,
      ),
    ),
  ).toBeNull()
  expect(oneForMany(samples(String, (i) => i))).toBeNull()
  expect(
    oneForMany(
      samples(
        (i) => (i % 20 === 0 ? 'missing' : String(i)),
        (i) => i,
      ),
    ),
  ).toBeNull()
})
