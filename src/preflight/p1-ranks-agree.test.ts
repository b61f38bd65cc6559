// Which samples two ranks have in common, from the ids that their steps report. No subject runs here.
import { expect, test } from 'vitest'
import type { StepRecord } from '../contract/index.ts'
import { shared } from './p1-ranks-agree.ts'

const step = (epoch: number, ...ranks: (number[] | undefined)[]) =>
  ({ epoch, ranks: ranks.map((ids) => ({ samples: { count: 2, digest: '', ...(ids ? { ids } : {}) } })) }) as StepRecord

test('parts of one order have nothing in common, other than what fills the last batch', () => {
  expect(shared([step(1, [0, 2], [1, 3]), step(1, [4, 0], [5, 6])])).toMatchObject({ drawn: 7, common: 0, repeated: 1 })
  expect(shared([step(1, [0, 2], [1, 3]), step(1, [4, 6], [5, 0])])).toMatchObject({ common: 1, repeated: 0 })
})

test('orders of their own meet; a new epoch is another order', () => {
  expect(shared([step(1, [0, 2], [2, 3]), step(1, [3, 5], [0, 6])])).toMatchObject({ common: 3, repeated: 0, steps: 2 })
  expect(shared([step(1, [0, 2], [1, 3]), step(2, [1, 3], [0, 2])])).toMatchObject({ common: 0, steps: 1 })
})

test('without ids nothing is said', () => {
  expect(shared([step(1, [0, 2], undefined)])).toBeNull()
})
