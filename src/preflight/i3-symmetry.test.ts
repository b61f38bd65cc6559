import { expect, test } from 'vitest'
import { copiesIn } from './i3-symmetry.ts'

const matrix = (rows: number, columns: number, distinctRows = rows, distinctColumns = columns, zero = false) => ({
  rows,
  columns,
  distinctRows,
  distinctColumns,
  zero,
})
const all = { weights: matrix(16, 8), gradients: matrix(16, 8) }
const first = { weights: matrix(16, 8, 1, 8), gradients: matrix(16, 8, 1, 8) }
const head = { weights: matrix(4, 16, 4, 1), gradients: matrix(4, 16, 4, 1) }
const layersOf = (symmetry: Parameters<typeof copiesIn>[0][number]['symmetry']) =>
  // the same pair is found from its other end too, where that is named
  copiesIn([{ symmetry }])
    .map(({ layer, units, into }) => `${layer} ${units} ${into}`)
    .slice(0, 1)

test('equal units going in, and equal weights going out, in weights and gradients', () => {
  expect(layersOf({ first, head })).toEqual(['first 16 head'])
  // stored the other way round, as [in, out]
  const turned = { weights: matrix(8, 16, 8, 1), gradients: matrix(8, 16, 8, 1) }
  const into = { weights: matrix(16, 4, 1, 4), gradients: matrix(16, 4, 1, 4) }
  expect(layersOf({ turned, into })).toEqual(['turned 16 into'])
  // a convolution of 8 channels, flattened to 8 × 9 places
  const conv = { weights: matrix(8, 27, 1, 27), gradients: matrix(8, 27, 1, 27) }
  const flat = { weights: matrix(10, 72, 10, 9), gradients: matrix(10, 72, 10, 9) }
  expect(layersOf({ conv, flat })).toEqual(['conv 8 flat'])
})

test('half of the signature is healthy', () => {
  expect(layersOf({ first, head: { weights: matrix(4, 16), gradients: matrix(4, 16) } })).toEqual([])
  expect(layersOf({ first: all, head })).toEqual([])
  // equal weights whose gradients differ part at the first step
  expect(layersOf({ first: { ...first, gradients: matrix(16, 8) }, head })).toEqual([])
  // zeros, and units that no gradient reaches
  expect(layersOf({ first: { ...first, weights: matrix(16, 8, 1, 1, true) }, head })).toEqual([])
  expect(layersOf({ first: { ...first, gradients: matrix(16, 8, 1, 1, true) }, head })).toEqual([])
  expect(layersOf({ first: { ...first, gradients: null }, head })).toEqual([])
  // a layer of one unit has no copies
  expect(layersOf({ one: { weights: matrix(1, 8, 1, 8), gradients: matrix(1, 8, 1, 8) }, head })).toEqual([])
})

test('gradients of copies may differ in their last places where a kernel adds up in blocks', () => {
  expect(layersOf({ first: { ...first, gradients: matrix(16, 8, 3, 8) }, head })).toEqual(['first 16 head'])
  expect(layersOf({ first: { ...first, gradients: matrix(16, 8, 9, 8) }, head })).toEqual([])
})
