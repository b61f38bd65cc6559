import { expect, test } from 'vitest'
import { overwritten } from './k3-checkpoints-apart.ts'
import { snapshotOf } from './trial.ts'

const state = (weights: string, step: string, l2: number | null = 1) =>
  snapshotOf({
    sections: [
      { section: 'parameters', digest: weights, entries: [{ name: 'w', digest: weights, l2, absmax: l2 }] },
      { section: 'counters', digest: step, entries: [{ name: 'step', digest: step, l2: null, absmax: null }] },
    ],
  })
const of = (loaded: ReturnType<typeof state>) =>
  overwritten({ initial: state('first', '0'), older: state('old', '4'), newer: state('new', '8'), loaded }).map(
    ({ name }) => name,
  )

test('a tensor of the newer checkpoint in the older one is a shared file; its count goes with it', () => {
  expect(of(state('old', '4'))).toEqual([])
  expect(of(state('new', '4'))).toEqual(['w'])
  expect(of(state('new', '8'))).toEqual(['w', 'step'])
})

test('what was not loaded at all, or is merely wrong, is not; nor a count that happens to be the newer one', () => {
  expect(of(state('first', '4'))).toEqual([])
  expect(of(state('other', '4'))).toEqual([])
  expect(of(state('old', '8'))).toEqual([])
})
