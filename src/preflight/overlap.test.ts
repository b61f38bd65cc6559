// Overlaps in every honest average, and the one mistake that is told. Not the counting (dense.test.ts).
import { expect, test } from 'vitest'
import { overlapsOf } from './overlap.ts'

/** Four classes, the last of which nobody labels and nobody answers. */
const masks = { hits: [50, 8, 3, 0], labels: [60, 10, 9, 0], answers: [55, 14, 10, 0] }
const iou = [50 / 65, 8 / 16, 3 / 16, 0]
const twice = [50 / 115, 8 / 24, 3 / 19, 0]
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
const faultOf = (metrics: Record<string, number>) => overlapsOf(masks, metrics).map(({ fault }) => fault?.cause ?? null)

test('all averages that people take are right', () => {
  for (const right of [mean(iou), mean(iou.slice(0, 3)), mean(iou.slice(1)), mean(iou.slice(1, 3))])
    expect(faultOf({ miou: right })).toEqual([null])
  expect(faultOf({ dice: mean(twice.slice(0, 3).map((one) => 2 * one)) })).toEqual([null])
})

test('what is shared counted twice is told, in every average', () => {
  for (const wrong of [mean(twice), mean(twice.slice(0, 3)), mean(twice.slice(1, 3))]) {
    expect(faultOf({ miou: wrong })).toEqual(['metric-wrong'])
    expect(faultOf({ dice: wrong })).toEqual(['metric-wrong'])
  }
})

test('what is neither is not judged, and no other name is', () => {
  expect(faultOf({ miou: 0.3 })).toEqual([])
  expect(faultOf({ boundary_iou: mean(twice) })).toEqual([])
  // nothing is right: every average is zero
  expect(overlapsOf({ hits: [0, 0], labels: [9, 1], answers: [1, 9] }, { iou: 0 })[0]?.fault).toBeNull()
})
