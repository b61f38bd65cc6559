import { expect, test } from 'vitest'
import type { StepRecord } from '../contract/index.ts'
import { firstDivergence, lossSpread, stateDifferences } from './compare.ts'
import { snapshotOf } from './trial.ts'

const record = (step: number, loss: number, digest = 'a', rate = 0.1): StepRecord => ({
  step,
  epoch: 1,
  loss,
  terms: { loss },
  updates: [{ optimizer: 'main', outcome: 'applied', learningRates: [rate], gradientNorm: 1 }],
  samples: { count: 4, digest },
  seconds: 0,
  wait: 0,
})

test('the first difference, and the earliest thing in its step', () => {
  expect(firstDivergence([record(1, 2), record(2, 1)], [record(1, 2), record(2, 1)])).toBeNull()
  expect(firstDivergence([record(1, 2), record(2, 1)], [record(1, 2), record(2, 1.5)])).toMatchObject({
    step: 2,
    what: 'loss',
  })
  expect(firstDivergence([record(1, 2)], [record(1, 3, 'b', 0.2)])).toMatchObject({ what: 'samples' })
  expect(firstDivergence([record(1, 2)], [record(1, 3, 'a', 0.2)])).toMatchObject({ what: 'learning rates' })
  expect(firstDivergence([record(1, 2)], [record(2, 2)])).toMatchObject({ what: 'outcome' })
  expect(firstDivergence([record(1, 2), record(2, 2)], [record(1, 2)])).toMatchObject({ step: 2 })
})

test('NaN equals NaN, and 0 is not −0', () => {
  expect(firstDivergence([record(1, Number.NaN)], [record(1, Number.NaN)])).toBeNull()
  expect(firstDivergence([record(1, 0)], [record(1, -0)])).not.toBeNull()
})

test('spread is relative, and NaN against a number is infinitely far', () => {
  expect(lossSpread([record(1, 2), record(2, 1)], [record(1, 2), record(2, 1.001)])).toBeCloseTo(0.001, 5)
  expect(lossSpread([record(1, 2)], [record(1, Number.NaN)])).toBe(Number.POSITIVE_INFINITY)
})

test('sections that differ, entry by entry, one that is gone included', () => {
  const entry = (name: string, digest: string) => ({ name, digest, l2: null, absmax: null })
  const left = snapshotOf({
    sections: [
      { section: 'parameters', digest: 'p', entries: [entry('a', '1')] },
      { section: 'optimizer', digest: 'o', entries: [entry('a.m', '1'), entry('a.v', '2')] },
    ],
  })
  const right = snapshotOf({
    sections: [
      { section: 'parameters', digest: 'p', entries: [entry('a', '1')] },
      { section: 'optimizer', digest: 'q', entries: [entry('a.m', '1')] },
    ],
  })
  expect(stateDifferences(left, left)).toEqual([])
  expect(stateDifferences(left, right)).toEqual([{ section: 'optimizer', names: ['a.v'], of: 2, added: 0, removed: 1 }])
})
