// Overlaps from hashes alone: leaks of every size against data that repeats itself by nature.
import { describe, expect, test } from 'vitest'
import { shuffledOrder } from '../contract/index.ts'
import { groupsOf, overlapOf, wholeOverlapOf } from './duplicates.ts'

const samples = (hashes: readonly (number | string)[], from = 0) =>
  hashes.map((hash, i) => ({ id: from + i, hash: String(hash), std: 1 }))
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const exceeds = (training: readonly number[], validation: readonly number[]) => {
  const { share, explained, distinct } = overlapOf(samples(training), samples(validation))
  return share > explained && distinct >= 5
}

describe('an overlap', () => {
  test('is counted, with its first pair', () => {
    const found = overlapOf(samples(range(0, 800)), samples(range(790, 990), 790))
    expect(found).toMatchObject({ shared: 10, distinct: 10, share: 0.05, twins: 0, pair: [790, 790] })
  })

  test('of a twentieth and more exceeds what chance explains', () => {
    for (const shared of [10, 40, 200]) expect(exceeds(range(0, 800), range(800 - shared, 1000 - shared))).toBe(true)
    expect(exceeds(range(0, 800), range(0, 800))).toBe(true)
  })

  test('of independent draws from few inputs never does', () => {
    for (const kinds of [2, 10, 100, 1000, 10_000])
      for (const seed of range(0, 20)) {
        const drawn = shuffledOrder(60_000, seed).map((value) => value % kinds)
        expect(exceeds(drawn.slice(0, 800), drawn.slice(800, 1000)), `${kinds} kinds, seed ${seed}`).toBe(false)
      }
  })

  test('of words as frequent as words are never does', () => {
    for (const seed of range(0, 20)) {
      // Zipf: the k-th kind is as frequent as 1/k
      const drawn = shuffledOrder(60_000, seed).map((value) => Math.floor(Math.exp((value / 60_000) * Math.log(5000))))
      expect(exceeds(drawn.slice(0, 800), drawn.slice(800, 1000)), `seed ${seed}`).toBe(false)
    }
  })

  test('of four points that are all there is never does', () => {
    expect(exceeds(range(0, 4), range(0, 4))).toBe(false)
  })

  test('of blank inputs does not count', () => {
    const blank = range(0, 50).map((id) => ({ id, hash: 'blank', std: 0 }))
    expect(overlapOf([...samples(range(0, 50)), ...blank], blank).shared).toBe(0)
  })
})

describe('groups', () => {
  const of = (pairs: readonly (readonly [string, number])[]) => pairs.map(([group, target]) => ({ group, target }))

  test('decide where each has one label that others share', () => {
    const one = of([
      ['a', 0],
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ])
    expect(groupsOf(one, of([['a', 0]]))).toMatchObject({ shared: 1, example: 'a', decides: true })
    expect(groupsOf(one, of([['d', 0]]))).toMatchObject({ shared: 0 })
  })

  test('that are the class itself, or whose members differ, do not', () => {
    const own = of([
      ['a', 0],
      ['a', 0],
      ['b', 1],
      ['b', 1],
    ])
    expect(groupsOf(own, of([['a', 0]]))).toMatchObject({ shared: 1, decides: false })
    const mixed = of([
      ['a', 0],
      ['a', 1],
      ['b', 1],
    ])
    expect(groupsOf(mixed, of([['a', 1]]))).toMatchObject({ shared: 1, decides: false })
    expect(groupsOf([{ target: 0 }], of([['a', 0]]))).toBeNull()
  })
})

test('pairs of few users and items: all fields together tell what the inputs do not', () => {
  const pairs = (from: number, to: number) =>
    range(from, to).map((i) => ({
      id: i,
      hash: String(i % 10),
      whole: String(i),
      mean: 0,
      std: 0,
      nonFinite: 0,
      target: null,
    }))
  expect(overlapOf(pairs(0, 800), pairs(0, 100))).toMatchObject({ shared: 0 })
  expect(wholeOverlapOf(pairs(0, 800), pairs(700, 800))).toMatchObject({ shared: 100, distinct: 100, twins: 0 })
  expect(wholeOverlapOf(pairs(0, 800), pairs(800, 900))).toMatchObject({ shared: 0 })
  expect(
    wholeOverlapOf(
      pairs(0, 800).map(({ whole: _, ...one }) => one),
      pairs(0, 100),
    ),
  ).toBeNull()
})
