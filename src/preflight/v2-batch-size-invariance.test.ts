import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Facts } from '../contract/index.ts'
import { gapOf } from './outputs.ts'
import { hasEvenBatches, metricsApart, sizesOf } from './v2-batch-size-invariance.ts'

test('the other batch size leaves exactly one sample over', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 5000 }), fc.integer({ min: 1, max: 600 }), (samples, usual) => {
      const sizes = sizesOf(samples, usual)
      expect(sizes).not.toBeNull()
      if (!sizes) return
      expect(sizes.samples % sizes.other).toBe(1)
      expect(sizes.samples).toBeLessThanOrEqual(samples)
      expect(sizes.samples).toBeGreaterThan(sizes.other)
      expect(sizes.other).not.toBe(sizes.usual)
      // both sizes dropping the same last sample would look equal
      if (samples > 60 && usual > 2 && usual < samples / 2) expect(sizes.samples % usual).toBeGreaterThan(1)
    }),
  )
  expect(sizesOf(3, 2)).toBeNull()
})

test('rounding may turn one sample of a share, never a loss', () => {
  const evaluation = (metrics: Record<string, number>) => ({
    split: 'val' as const,
    samples: 100,
    batches: 2,
    metrics,
    seconds: 0,
  })
  const apart = (a: Record<string, number>, b: Record<string, number>) =>
    metricsApart(evaluation(a), evaluation(b), 1e-5).map(({ name }) => name)
  expect(apart({ accuracy: 0.5, loss: 1 }, { accuracy: 0.51, loss: 1.000001 })).toEqual([])
  expect(apart({ accuracy: 0.5, loss: 1 }, { accuracy: 0.53, loss: 1.001 })).toEqual(['loss', 'accuracy'])
  expect(apart({ loss: 1 }, { loss: Number.NaN })).toEqual(['loss'])
})

test('outputs that are no numbers are equal where both are, and infinitely apart where one is', () => {
  expect(gapOf(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBe(0)
  expect(gapOf(Number.NaN, Number.NaN)).toBe(0)
  expect(gapOf(Number.NaN, 1)).toBe(Number.POSITIVE_INFINITY)
  expect(gapOf(Number.NEGATIVE_INFINITY, 1)).toBe(Number.POSITIVE_INFINITY)
  expect(gapOf(1, 3)).toBe(2)
})

test('a mean over batches is right where all batches of the whole split are of one size', () => {
  const facts = (val: number) => ({ facts: { samples: { val } } as unknown as Facts })
  expect(hasEvenBatches(facts(200), { even: true, samples: 200, batches: 2 })).toBe(true)
  // a preflight looks at four whole batches of a split that ends with a shorter one
  expect(hasEvenBatches(facts(1030), { even: true, samples: 400, batches: 4 })).toBe(false)
  expect(hasEvenBatches(facts(250), { even: false, samples: 250, batches: 3 })).toBe(false)
  expect(hasEvenBatches(facts(200), { samples: 200, batches: 2 })).toBe(false)
})
