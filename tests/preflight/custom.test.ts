// Custom tasks on the engine that has a graph: what the model returns and what the loss is given are looked at, in real polls.
// The graph's own looks by themselves: src/tensor/lookThrough.test.ts.
import { expect, test } from 'vitest'
import type { CheckCode } from '../../src/contract/index.ts'
import { findingOf, findingsOf, seeds, summary } from './polled.ts'

const file = 'custom/custom.run.yaml'
const codes: readonly CheckCode[] = ['D1', 'D2', 'D9', 'D10', 'I4', 'V1']

test.each(seeds)('healthy: nobody complains, seed %i', async (seed) => {
  const found = await findingsOf(file, { seed, only: [...codes] })
  const said = found.map(({ check, status }) => `${check} ${status}`)
  expect(new Set(said), summary(found)).toEqual(new Set(codes.map((code) => `${code} GO`)))
})

test.each([
  ['future', 'D2', 'NO-GO', 'sees-the-future'],
  ['same', 'D2', 'NO-GO', 'targets-misplaced'],
  ['batch', 'D1', 'WARN', 'batch-dependent-outputs'],
  ['rows', 'D1', 'NO-GO', 'batch-dependent-outputs'],
  ['shared', 'D1', 'NO-GO', 'softmax-over-the-batch'],
  ['positive', 'I4', 'NO-GO', 'double-softmax'],
  ['warm-up', 'O6', 'WARN', 'schedule-unit-wrong'],
  ['padding', 'D9', 'NO-GO', 'padding-scored'],
  ['noise', 'V1', 'WARN', 'random-evaluation'],
  ['unused', 'D10', 'WARN', 'input-ignored'],
  ['softmax', 'I4', 'NO-GO', 'double-softmax'],
  ['pairs', 'I4', 'NO-GO', 'broadcast-in-loss'],
  ['other-axis', 'I4', 'NO-GO', 'softmax-over-the-batch'],
  ['scores', 'I4', 'NO-GO', 'loss-wrong'],
  ['likelihood', 'I4', 'NO-GO', 'loss-sign-flipped'],
  ['all-places', 'I4', 'WARN', 'wrong-divisor'],
  ['all-places', 'I1', 'NO-GO', 'wrong-divisor'],
] as const)('%s', async (fault, code, status, cause) => {
  const found = await findingsOf(file, { only: [code], config: { fault } })
  expect(findingOf(found, code), summary(found)).toMatchObject({ status, cause })
})
