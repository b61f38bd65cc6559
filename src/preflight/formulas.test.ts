import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isClose, overSamples, rivals, rivalThatFits } from './formulas.ts'

const values = fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 5, maxLength: 60 })

test('the mean over samples is nobody’s rival', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 20 }), (numbers, size) => {
      expect(rivalThatFits(overSamples(numbers), numbers, size)).toBeNull()
    }),
  )
})

test('a mean of batch means is named, wherever it differs from the mean', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 7 }), (numbers, size) => {
      const means: number[] = []
      for (let from = 0; from < numbers.length; from += size) means.push(overSamples(numbers.slice(from, from + size)))
      const reported = overSamples(means)
      fc.pre(!isClose(reported, overSamples(numbers), 1e-3))
      expect(rivalThatFits(reported, numbers, size)?.cause).toBe('mean-of-batch-means')
    }),
  )
})

test('each wrong formula has its cause', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 70]
  const causeOf = (reported: number) => rivalThatFits(reported, numbers, 3)?.cause
  expect(causeOf(91 / 9)).toBe('wrong-divisor') // 3 batches × 3
  expect(causeOf(91 / 3)).toBe('wrong-divisor') // number of batches
  expect(causeOf(91)).toBe('wrong-divisor')
  expect(causeOf(21 / 6)).toBe('samples-left-out') // full batches alone
  expect(causeOf(21 / 7)).toBe('samples-left-out') // full batches over all
  expect(causeOf(70)).toBe('samples-left-out') // last batch alone
  expect(causeOf((91 + 1 + 2) / 9)).toBe('samples-counted-twice')
  // a last batch of one, repeated, is a batch mean; with two it is not
  const eight = [...numbers, 8]
  expect(rivalThatFits((99 + 8) / 9, eight, 3)?.cause).toBe('samples-counted-twice')
  expect(causeOf(12.34)).toBeUndefined()
})

test('one batch has no batch means to confuse, and every rival is finite', () => {
  const found = rivals([1, 2, 3], 10)
  expect(found.every(({ value }) => Number.isFinite(value))).toBe(true)
  expect(found.map(({ cause }) => cause)).not.toContain('samples-left-out')
})
