// Which of the tensors that rest at first are left behind by their optimizer. Not the steps themselves.
import { expect, test } from 'vitest'
import type { StepRecord } from '../contract/index.ts'
import { unusedOf } from './thawed.ts'

type Parameters = NonNullable<StepRecord['parameters']>

const records = (stem: Partial<Parameters[string]>, outcome = 'applied') =>
  [0, 1].map(() => ({
    updates: [{ outcome }],
    parameters: {
      stem: { gradient: null, clipped: null, change: 0, ...stem },
      head: { gradient: 2, clipped: 2, change: 0.1 },
    },
  })) as unknown as StepRecord[]

test('a gradient that nobody uses is told; a group that was added moves, and what rests on has none', () => {
  expect(unusedOf(['stem'], records({ gradient: 1 }))).toEqual([{ name: 'stem', gradient: 1 }])
  expect(unusedOf(['stem'], records({ gradient: 1, change: 0.1 }))).toEqual([])
  expect(unusedOf(['stem'], records({}))).toEqual([])
  expect(unusedOf(['stem'], records({ gradient: 1e-9 }))).toEqual([])
  expect(unusedOf([], records({ gradient: 1 }))).toEqual([])
  // where no update is made, nothing moves
  expect(unusedOf(['stem'], records({ gradient: 1 }, 'skipped'))).toEqual([])
})
