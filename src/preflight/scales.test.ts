// Scales from numbers alone: maps that normalisations leave, and data that only looks like them.
import { describe, expect, test } from 'vitest'
import {
  apartOf,
  type Channel,
  changeAsOne,
  hasOwnStatistics,
  isDividedTwice,
  isPixels,
  isStandard,
  isStandardisedTwice,
} from './scales.ts'

const channelOf = (samples: readonly (readonly number[])[]): Channel => {
  const all = samples.flat()
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const spread = (values: readonly number[]) => {
    const centre = mean(values)
    return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
  }
  return {
    mean: mean(all),
    std: spread(all),
    min: Math.min(...all),
    max: Math.max(...all),
    meanSpread: spread(samples.map((one) => mean(one))),
    squareSpread: spread(samples.map((one) => mean(one.map((value) => value * value)))),
  }
}

const random = (i: number) => {
  const x = Math.sin(12.9898 * (i + 1)) * 43758.5453
  return x - Math.floor(x)
}
/** `count` samples of 30 pixels, each sample of a brightness of its own. */
const pixels = (count: number, seed: number): number[][] =>
  Array.from({ length: count }, (_, i) => {
    const light = 0.4 + 0.6 * random(seed + 977 * i)
    return Array.from({ length: 30 }, (_, at) => Math.round(255 * light * random(seed + 31 * i + at)) / 255)
  })
const mapped = (samples: readonly (readonly number[])[], map: (value: number) => number) =>
  samples.map((one) => one.map(map))
const standardiser = (samples: readonly (readonly number[])[]) => {
  const { mean, std } = channelOf(samples)
  return (value: number) => (value - mean) / std
}

const counts = { train: 400, val: 100 }

describe('two splits', () => {
  const train = pixels(400, 1)
  const val = pixels(100, 90_001)
  const once = standardiser(train)

  test('of one scale are not off, whatever it is', () => {
    for (const map of [once, (value: number) => value, (value: number) => 255 * value])
      expect(apartOf(channelOf(mapped(train, map)), channelOf(mapped(val, map)), counts)).toMatchObject({ off: false })
  })

  test('of which one is not normalised, or twice, are off and of one shape', () => {
    for (const [a, b] of [
      [once, (value: number) => value],
      [once, (value: number) => once(once(value))],
      [(value: number) => value, once],
    ] as const)
      expect(apartOf(channelOf(mapped(train, a)), channelOf(mapped(val, b)), counts)).toMatchObject({
        off: true,
        alike: true,
      })
  })

  test('of another shape are not the same data', () => {
    const sharp = mapped(val, (value) => 9 * value ** 8)
    expect(apartOf(channelOf(mapped(train, once)), channelOf(sharp), counts).alike).toBe(false)
  })

  test('a feature that is rare in training and missing in validation is not off', () => {
    const rare = Array.from({ length: 400 }, (_, i) => [i % 100 === 7 ? 1 : 0])
    const none = Array.from({ length: 100 }, () => [0])
    expect(apartOf(channelOf(rare), channelOf(none), counts).off).toBe(false)
  })

  test('eight samples prove nothing', () => {
    const few = Array.from({ length: 8 }, (_, i) => [3 * random(i) ** 6])
    const many = Array.from({ length: 400 }, (_, i) => [3 * random(500 + i) ** 6])
    expect(apartOf(channelOf(many), channelOf(few), { train: 400, val: 8 }).off).toBe(false)
  })
})

test('a normalisation that is applied twice leaves its equalities; once, never and other data do not', () => {
  for (const seed of [1, 5000, 70_000]) {
    const raw = pixels(300, seed)
    const once = standardiser(raw)
    const { mean, std } = channelOf(raw)
    const slightly = (value: number) => (value - 1.05 * mean) / (0.96 * std)
    expect(isStandardisedTwice(channelOf(mapped(raw, (value) => once(once(value)))))).toBe(true)
    expect(isStandardisedTwice(channelOf(mapped(raw, (value) => slightly(slightly(value)))))).toBe(true)
    for (const map of [
      once,
      (value: number) => value,
      (value: number) => 255 * value,
      (value: number) => 2 * value - 1,
    ])
      expect(isStandardisedTwice(channelOf(mapped(raw, map)))).toBe(false)
    expect(isDividedTwice(channelOf(mapped(raw, (value) => value / 255)))).toBe(true)
    for (const map of [(value: number) => value, (value: number) => value / 300, once])
      expect(isDividedTwice(channelOf(mapped(raw, map)))).toBe(false)
  }
  // normal numbers of every width: none is the image of 0 … 1
  for (let width = 1; width < 40; width += 0.5) {
    const normal = Array.from({ length: 3000 }, (_, i) => [
      width * Math.sqrt(-2 * Math.log(1 - random(2 * i))) * Math.cos(2 * Math.PI * random(2 * i + 1)),
    ])
    expect(isStandardisedTwice(channelOf(normal)), `width ${width}`).toBe(false)
  }
})

test('pixels and standardised values are told by their range', () => {
  const raw = pixels(300, 3)
  expect(isPixels([channelOf(raw)])).toBe(true)
  expect(isPixels([channelOf(mapped(raw, (value) => 255 * value))])).toBe(true)
  expect(isPixels([channelOf(mapped(raw, standardiser(raw)))])).toBe(false)
  expect(isStandard([channelOf(mapped(raw, standardiser(raw)))])).toBe(true)
  expect(isStandard([channelOf(raw)])).toBe(false)
})

test('prices of a day follow one another: four features that change as one', () => {
  const scaled = (...ratios: number[]) => changeAsOne(ratios.map((ratio) => ({ ratio })))
  expect(scaled(2.4, 2.5, 2.3, 2.4)).toBe(true)
  // a table whose normalisation is missing: years, metres, grams
  expect(scaled(12, 0.3, 450, 80)).toBe(false)
})

describe('statistics of its own', () => {
  const [inside, outside] = [pixels(400, 1), pixels(100, 9)]
  const own = (samples: readonly (readonly number[])[]) => channelOf(mapped(samples, standardiser(samples)))
  const by = (samples: readonly (readonly number[])[], map: (value: number) => number) =>
    channelOf(mapped(samples, map))

  test('validation that was divided by its own mean and deviation, not by those of training', () => {
    expect(hasOwnStatistics([own(inside)], [own(outside)], 100)).toBe(true)
    expect(hasOwnStatistics([own(inside)], [by(outside, standardiser(inside))], 100)).toBe(false)
    expect(hasOwnStatistics([own(inside), own(inside)], [own(outside), by(outside, standardiser(inside))], 100)).toBe(
      false,
    )
  })

  test('what is balanced by design, what is normalised sample by sample, and one set for both splits', () => {
    const balanced = channelOf(Array.from({ length: 100 }, (_, i) => [i % 2 ? 1 : -1]))
    expect(hasOwnStatistics([balanced], [balanced], 100)).toBe(false)
    const each = (samples: readonly (readonly number[])[]) =>
      channelOf(samples.map((one) => one.map(standardiser([one]))))
    expect(hasOwnStatistics([each(inside)], [each(outside)], 100)).toBe(false)
    expect(hasOwnStatistics([own(inside)], [own(inside)], 400)).toBe(false)
  })
})
