// What weights of samples in two orders say of a step that cuts its batch, and what gradients of several calls say. No subject runs here.
import { expect, test } from 'vitest'
import { shuffledOrder } from '../contract/index.ts'
import { gathered, judgeWeights } from './o7-accumulation.ts'

const order = shuffledOrder(12, 1)
/** Weights by place in the batch, as both orders show them by sample. */
const said = (places: readonly number[], bySample: readonly number[] | null = null) => {
  const other: number[] = []
  for (const [place, sample] of order.entries()) other[sample] = places[place] as number
  return judgeWeights({
    one: { weights: bySample ?? places, residual: 0 },
    other: { weights: bySample ?? other, residual: 0 },
    order,
    distance: bySample ? 0 : 0.5,
    tolerance: 1e-4,
    where: null,
  })
}
const ends = (length: number, weight = 1 / 12) => Array.from({ length: 12 }, (_, i) => (i >= 12 - length ? weight : 0))

test('only the last micro-batch counts, wherever its samples come from', () => {
  for (const length of [2, 3, 4, 6])
    expect(said(ends(length))).toMatchObject({ status: 'NO-GO', cause: 'accumulation-mis-normalised' })
})

test('every sample, the hardest ones, or all but a last part that is dropped, are no lost micro-batches', () => {
  expect(said(ends(12))).toMatchObject({ status: 'GO' })
  // hard samples: they keep their weight wherever they stand
  expect(said([], ends(3))).toMatchObject({ status: 'GO' })
  expect(said(ends(4).toReversed()).status).not.toBe('NO-GO')
})

test('four micro-batches that are added up', () => {
  expect(said(ends(12, 4 / 12))).toMatchObject({ status: 'NO-GO', cause: 'accumulation-mis-normalised' })
})

test('what lies in the gradients after each call', () => {
  const call = (gradient: number | null) => ({ parameters: { a: { gradient, change: 0, norm: 1 } } }) as never
  expect(gathered([call(1), call(2), call(null)])).toEqual([1, 2, 0])
})
