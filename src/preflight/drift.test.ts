import { expect, test } from 'vitest'
import type { Facts } from '../contract/index.ts'
import { driftingStatistics } from './drift.ts'
import type { Snapshot } from './trial.ts'

const tensors = (trainable: boolean, frozen: boolean): Facts['tensors'] =>
  (['bn.weight', 'bn.bias', 'bn.running_mean', 'bn.running_var', 'head.weight'] as const).map((name) => ({
    name,
    kind: name.includes('running') ? ('buffer' as const) : ('parameter' as const),
    shape: [4],
    dtype: 'float32',
    trainable: name === 'head.weight' || (trainable && !name.includes('running')),
    frozen: frozen && name.startsWith('bn'),
    tiedTo: null,
    optimizers: [],
    where: null,
  }))

const snapshot = (digest: string): Snapshot =>
  new Map([
    [
      'buffers' as const,
      {
        digest,
        entries: new Map(
          ['bn.running_mean', 'bn.running_var'].map((name) => [name, { name, digest, l2: 1, absmax: 1 }] as const),
        ),
      },
    ],
  ])

const found = (trainable: boolean, frozen: boolean, moves: boolean) =>
  driftingStatistics({ tensors: tensors(trainable, frozen), where: {} }, snapshot('a'), snapshot(moves ? 'b' : 'a'))

test('statistics of frozen layers that move are a warning, declared or not; nothing where they stay or the layer trains', () => {
  expect(found(false, true, true)).toMatchObject({ status: 'WARN', cause: 'frozen-parameter-moves' })
  expect(found(false, false, true)).toMatchObject({ status: 'WARN', cause: 'frozen-parameter-moves' })
  expect(found(true, false, true)).toBeNull()
  expect(found(false, true, false)).toBeNull()
})

test('an average of the model takes its statistics along with its weights', () => {
  const weights = (digest: string): Snapshot => {
    const entries = new Map([['bn.weight', { name: 'bn.weight', digest, l2: 1, absmax: 1 }] as const])
    return new Map([...snapshot(digest), ['parameters' as const, { digest, entries }]])
  }
  const told = (before: Snapshot, after: Snapshot) =>
    driftingStatistics({ tensors: tensors(false, false), where: {} }, before, after)
  expect(told(weights('a'), weights('b'))).toBeNull()
  expect(told(weights('a'), new Map([...weights('a'), ...snapshot('b')]))).toMatchObject({ status: 'WARN' })
})
