// What sleeps while the rest trains, told from records alone.
// Not the steps themselves: the corpus has them (TA41, TB64).
import { expect, test } from 'vitest'
import type { StepRecord } from '../contract/index.ts'
import { asleep, asleepIn, resting, restingIn } from './asleep.ts'

const still = { gradient: 0, change: 0, norm: 0 }
const facts = { tensors: [], optimizers: [], where: { train_step: 'a.py:1' } }
const record = (parameters: StepRecord['parameters'], modes?: { training: number; resting: string[] }): StepRecord => ({
  step: 1,
  epoch: 1,
  loss: 1,
  terms: {},
  updates: [],
  samples: { count: 1, digest: '' },
  seconds: 0,
  wait: 0,
  parameters,
  ...(modes ? { trace: { terms: {}, loss: null, strays: [], symmetry: {}, modes } } : {}),
})
const tensor = (name: string, shape: number[]) =>
  ({
    name,
    kind: 'parameter',
    shape,
    dtype: 'float32',
    trainable: true,
    frozen: false,
    optimizers: ['o'],
    tiedTo: null,
  }) as unknown as Parameters<typeof asleep>[1][number]

test('zeros with a gradient of zero at every step sleep; one that wakes does not', () => {
  const records = [
    record({ a: still, b: still, c: still, d: { ...still, gradient: null } }),
    record({ a: still, b: still, c: { ...still, gradient: 1 }, d: { ...still, gradient: null } }),
  ]
  expect(asleepIn(records)).toEqual(['a', 'b'])
})

test('two matrices are warned of; one, or biases, are not', () => {
  const owned = [tensor('a', [2, 2]), tensor('b', [2, 2]), tensor('bias', [2])]
  expect(asleep(facts, owned, ['a', 'b'], '', {})).toMatchObject({ status: 'WARN', cause: 'parameter-does-not-move' })
  expect(asleep(facts, owned, ['a', 'bias'], '', {})).toBeNull()
})

test('all at rest is warned of; one in training mode is enough', () => {
  const rest = { training: 0, resting: ['norm'] }
  expect(restingIn([record({}, rest), record({}, rest)])).toEqual(['norm'])
  expect(restingIn([record({}, rest), record({}, { training: 1, resting: ['norm'] })])).toEqual([])
  expect(restingIn([record({})])).toEqual([])
  expect(resting(facts, ['norm'], {})).toMatchObject({ status: 'WARN', cause: 'not-in-training-mode', where: 'a.py:1' })
  expect(resting(facts, [], {})).toBeNull()
})
