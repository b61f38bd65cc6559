// The checks of optimisation on experiments that are broken, or declare what is not so: each names its cause.
import { expect, test } from 'vitest'
import type { Cause, CheckCode, RunFile, Status } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from './polled.ts'

type Change = { readonly config?: Record<string, unknown>; readonly run?: Partial<RunFile> }
const planted: readonly (readonly [CheckCode, Status, Cause | null, string, Change])[] = [
  ['O3', 'NO-GO', 'loss-sign-flipped', 'own-loss', { config: { reduction: 'negative' } }],
  ['O5', 'WARN', 'learning-rate-out-of-range', 'tiny', { config: { learning_rate: 1e-10 } }],
  ['O6', 'NO-GO', 'schedule-unlike-declared', 'tiny', { run: { schedule: { peak: 1 } } }],
  ['O6', 'NO-GO', 'schedule-unlike-declared', 'tiny', { run: { schedule: { warmup: { share: 0.5 } } } }],
  ['O6', 'GO', null, 'tiny', { run: { schedule: { peak: 5e-3, warmup: { share: 0.05 }, end: 0 } } }],
  ['O6', 'GO', null, 'tiny', { config: { fault: 'long-warmup' }, run: { schedule: { warmup: { epochs: 2 } } } }],
  ['T2', 'GO', null, 'tiny', { config: { fault: 'long-warmup' } }],
  ['F1', 'NO-GO', 'over-budget', 'tiny', { run: { budget: { memory_gigabytes: 1e-3 } } }],
]

test.each(planted)(
  '%s says %s %s',
  async (check, status, cause, name, { config = {}, run = {} }) => {
    const found = await findingsOf(`${name}/${name}.run.yaml`, {
      config,
      only: [check],
      run: (given) => ({ ...given, ...run }),
    })
    expect(findingOf(found, check), summary(found)).toMatchObject({ status, cause })
  },
  60_000,
)

test('a wrong sign is one finding: what fits it afterwards folds', async () => {
  const found = await findingsOf('own-loss/own-loss.run.yaml', {
    config: { reduction: 'negative' },
    only: ['O1', 'O3', 'O4'],
  })
  expect(
    found.filter(({ status }) => status === 'NO-GO').map(({ check }) => check),
    summary(found),
  ).toEqual(['O3'])
}, 60_000)
