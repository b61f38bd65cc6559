import { expect, test } from 'vitest'
import type { SampleDigest } from '../contract/index.ts'
import { alignmentOf, askedOf } from './aligned.ts'

const source = (seed: number) => {
  let state = (seed * 2654435761 + 12345) >>> 0
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) }
}

/** A weak bend of each class away from the centre, under noise; or, with `classes` 0, a value that a direction gives. */
const samplesOf = (count: number, classes: number, seed: number): SampleDigest[] => {
  const fixed = source(99)
  const centres = Array.from({ length: Math.max(1, classes) }, () => Array.from({ length: 64 }, fixed.normal))
  const { uniform, normal } = source(seed)
  return Array.from({ length: count }, (_, id) => {
    const target = classes > 0 ? Math.floor(classes * uniform()) : normal()
    const centre = centres[classes > 0 ? target : 0] as number[]
    const values = centre.map((one) => 0.4 * one * (classes > 0 ? 1 : target) + normal())
    return {
      id,
      hash: String(id),
      mean: 0,
      std: 1,
      nonFinite: 0,
      target,
      sketch: Buffer.from(new Float32Array(values).buffer).toString('base64'),
    }
  })
}

const labelled = (samples: readonly SampleDigest[], from: (i: number) => number) =>
  samples.map((one, i) => ({ ...one, target: samples[(from(i) + samples.length) % samples.length]?.target ?? null }))

test.each([0, 1, 2, 3, 4])('labels that follow inputs do so within and across, seed %i', (seed) => {
  for (const classes of [0, 2, 10]) {
    const found = alignmentOf(samplesOf(600, classes, seed), samplesOf(200, classes, seed + 50), classes, true)
    expect(found?.within).toBeGreaterThan(6)
    expect(found?.across).toBeGreaterThan(4)
    expect(found?.moved).toBeNull()
  }
})

test('dealt labels stay within chance, and no order is found that fits: 200 times', () => {
  const scores: number[] = []
  for (let seed = 0; seed < 200; seed++) {
    const { uniform } = source(seed + 7)
    const dealt = (samples: SampleDigest[]) => labelled(samples, () => Math.floor(samples.length * uniform()))
    const found = alignmentOf(dealt(samplesOf(120, 5, seed)), dealt(samplesOf(80, 5, seed + 500)), 5, true)
    scores.push(found?.within ?? Number.NaN, found?.across ?? Number.NaN)
    expect(found?.moved).toBeNull()
  }
  const mean = scores.reduce((sum, one) => sum + one, 0) / scores.length
  const deviation = Math.sqrt(scores.reduce((sum, one) => sum + (one - mean) ** 2, 0) / scores.length)
  expect(Math.abs(mean)).toBeLessThan(0.2)
  expect(deviation).toBeGreaterThan(0.8)
  expect(deviation).toBeLessThan(1.2)
  expect(Math.max(...scores)).toBeLessThan(5)
})

test.each([
  ['of the sample before', -1],
  ['of the sample after', 1],
  ['of the sample two places after', 2],
])('labels that are those %s are told so', (words, step) => {
  const samples = samplesOf(600, 5, 1)
  // sample i got the label of its neighbour: the neighbour's own place has the right one
  const found = alignmentOf(
    labelled(samples, (i) => i + step),
    samplesOf(200, 5, 2),
    5,
    true,
  )
  expect(found?.within).toBeLessThan(3)
  expect(found?.moved?.words).toBe(words)
  expect(found?.moved?.deviations).toBeGreaterThan(8)
})

test('validation alone apart: within training, and not across', () => {
  const { uniform } = source(3)
  const outside = samplesOf(300, 5, 2)
  const found = alignmentOf(
    samplesOf(600, 5, 1),
    labelled(outside, () => Math.floor(300 * uniform())),
    5,
    true,
  )
  expect(found?.within).toBeGreaterThan(6)
  expect(found?.power).toBeGreaterThan(8)
  expect(found?.across).toBeLessThan(3)
})

test('what a custom loss asks for, number by number: moved by one sample, and as it should be', () => {
  const asking = (samples: SampleDigest[], step: number) =>
    samples.map((one, i) => ({
      ...one,
      target: null,
      asked: [0, 1].map((of) => Number(samples[(i + step) % samples.length]?.target === of)),
    }))
  const [training, validation] = [samplesOf(600, 4, 1), samplesOf(200, 4, 2)]
  const looked = (step: number) =>
    askedOf(asking(training, step), asking(validation, step)).map(([a, b]) => alignmentOf(a, b, 0, true))
  expect(looked(0).map((one) => [(one?.within ?? 0) > 6, one?.moved])).toEqual([
    [true, null],
    [true, null],
  ])
  expect(looked(1).map((one) => one?.moved?.words)).toEqual(Array(2).fill('of the sample after'))
  expect(askedOf(training, validation)).toEqual([])
})
