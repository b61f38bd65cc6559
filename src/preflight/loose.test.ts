import { expect, test } from 'vitest'
import { lostOf } from './loose.ts'

const of = (digests: Record<string, string>) => new Map(Object.entries(digests))

test('lost is what training leaves as it is and the other seed made otherwise', () => {
  expect(lostOf(of({ perm: 'a' }), of({ perm: 'a' }), of({ perm: 'b' }))).toEqual(['perm'])
})

test('healthy: the same under every seed; kept from the last batch; used only by one of them', () => {
  expect(lostOf(of({ mask: 'a' }), of({ mask: 'a' }), of({ mask: 'a' }))).toEqual([])
  expect(lostOf(of({ last: 'a' }), of({ last: 'b' }), of({ last: 'c' }))).toEqual([])
  expect(lostOf(of({}), of({ late: 'a' }), of({ late: 'b' }))).toEqual([])
  expect(lostOf(of({ early: 'a' }), of({ early: 'a' }), of({}))).toEqual([])
})
