// Scores of samples before and after they were learnt: which changes are too large for chance, and when a loss counts as learnt. No subject runs here.
import { expect, test } from 'vitest'
import { hasFitted, worsened } from './fitted-score.ts'

const said = (before: Record<string, number>, after: Record<string, number>) =>
  worsened({ before, after, samples: 32 }, new Map([['concordance', 'max' as const]])).map(({ name }) => name)

test('a ranking that is turned round, and a loss that climbs', () => {
  expect(said({ concordance: 0.5 }, { concordance: 0.1 })).toEqual(['concordance'])
  expect(said({ loss: 1.2, concordance: 0.5 }, { loss: 3, concordance: 0.9 })).toEqual(['loss'])
})

test('better scores, small changes, terms without a direction, and losses below zero say nothing', () => {
  expect(said({ concordance: 0.5, loss: 1 }, { concordance: 0.9, loss: 0.1 })).toEqual([])
  expect(said({ concordance: 0.5, loss: 1 }, { concordance: 0.4, loss: 1.5 })).toEqual([])
  expect(said({ size: 0.01 }, { size: 0.9 })).toEqual([])
  expect(said({ loss: -1 }, { loss: 3 })).toEqual([])
  expect(said({ loss: Number.NaN }, { loss: 3 })).toEqual([])
})

test('a loss has been learnt when it has fallen by half, not by one lucky step', () => {
  const falling = Array.from({ length: 20 }, (_, i) => 2 * 0.9 ** i)
  expect([hasFitted(falling), hasFitted(falling.slice(0, 8))]).toEqual([true, false])
  expect(hasFitted([...Array.from({ length: 19 }, () => 2), 0.1])).toBe(false)
  // densities: below zero there is no half
  expect(hasFitted(Array.from({ length: 20 }, (_, i) => -2 - 0.2 * i))).toBe(true)
})
