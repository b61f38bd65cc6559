// The checks of optimisation on PyTorch: the same classifier with many training steps, healthy and odd and broken.
// One process for all of them: none of these checks needs a fresh one.
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cause, CheckCode, Status } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'
import { onePython } from './one-python.ts'

const folder = path.join(import.meta.dirname, 'optim')
let own: Engine

beforeAll(async () => {
  own = await onePython(folder)
})
afterAll(() => own[Symbol.asyncDispose]())

/** What each check says of a kind that is broken, or odd in its eyes. */
const cases: readonly (readonly [kind: string, check: CheckCode, status: Status, cause: Cause | null])[] = [
  ['grows-its-loss', 'O2', 'GO', null],
  ['queue', 'O2', 'GO', null],
  ['never-clears', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['never-clears-accumulating', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['never-clears-one-of-two', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['never-clears-closure', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['clears-the-head-alone', 'O2', 'NO-GO', 'gradients-not-zeroed'],
  ['flipped', 'O3', 'NO-GO', 'loss-sign-flipped'],
  ['flipped-and-reported-right', 'O3', 'NO-GO', 'loss-sign-flipped'],
  ['maximises', 'O3', 'NO-GO', 'step-ascends'],
  ['by-hand', 'O8', 'NO-GO', 'loss-overflows'],
  ['root-of-zero', 'O8', 'NO-GO', 'gradient-not-finite'],
  ['clips-before-unscaling', 'O9', 'NO-GO', 'clips-before-unscaling'],
  ['clips-too-late', 'O9', 'NO-GO', 'clips-too-late'],
  ['clips-and-looks', 'O9', 'GO', null],
  ['clamps-the-loss', 'O9', 'NO-GO', 'loss-clipped'],
  ['clamps-each-loss', 'O9', 'NO-GO', 'loss-clipped'],
  ['micro-batches-undivided', 'O7', 'NO-GO', 'accumulation-mis-normalised'],
  ['micro-batches-mean-of-means', 'O7', 'NO-GO', 'accumulation-mis-normalised'],
  ['micro-batches', 'O7', 'GO', null],
  ['micro-batches-weighted', 'O7', 'GO', null],
  ['class-weights', 'O7', 'GO', null],
  ['summed', 'O7', 'GO', null],
  ['contrastive', 'O7', 'GO', null],
  ['accumulates', 'O7', 'SKIPPED', null],
  ['plain', 'O7', 'GO', null],
  ['closure', 'O7', 'GO', null],
  ['two-optimizers', 'O7', 'GO', null],
  ['sparse', 'O7', 'GO', null],
  ['scaled', 'O7', 'GO', null],
  ['keeps-losses', 'M1', 'NO-GO', 'graph-retained'],
  ['sums-losses', 'M1', 'NO-GO', 'graph-retained'],
  ['keeps-losses-for-an-epoch', 'M1', 'WARN', 'graph-retained'],
]

/** Steps with which nothing is wrong: no check finds a fault in any. (L-BFGS on small batches does climb, and T2 says so.) */
const healthy: readonly (readonly [kind: string, config: Record<string, unknown>])[] = [
  ...[
    'plain',
    'accumulates',
    'two-optimizers',
    'closure',
    'sharpness-aware',
    'sparse',
    'scaled',
    'frozen-half',
    'grows-its-loss',
    'queue',
    'clips-and-looks',
    'reports-a-half',
    'hinges',
    'keeps-numbers',
  ].map((kind) => [kind, {}] as const),
  ['plain', { learning_rate: 0.1 }],
  ['plain', { learning_rate: 1e-5 }],
]
const looked: readonly CheckCode[] = ['O2', 'O3', 'O5', 'O7', 'O8', 'O9', 'O10', 'M1', 'T2']

test.each(cases)('%s: %s says %s', async (kind, check, status, cause) => {
  const found = await findingsOf(path.join(folder, 'run.yaml'), { own, config: { kind }, only: [check] })
  const finding = findingOf(found, check)
  expect(finding, summary(found)).toMatchObject({ status, cause })
  if (cause !== null) expect(finding.where, summary(found)).toMatch(/experiment\.py:\d+/)
})

test.each(healthy)('healthy, %s %o: no fault', async (kind, config) => {
  const found = await findingsOf(path.join(folder, 'run.yaml'), { own, config: { kind, ...config }, only: looked })
  expect(
    found.filter(({ check, cause }) => cause !== null && !(kind === 'closure' && check === 'T2')),
    summary(found),
  ).toEqual([])
  expect(found.filter(({ status }) => status === 'GO').length, summary(found)).toBeGreaterThanOrEqual(4)
})

test('a limit that the run file declares and the step does not keep', async () => {
  const found = await findingsOf(path.join(folder, 'run.yaml'), {
    own,
    run: (run) => ({ ...run, train: { ...run.train, clip_norm: 0.1 } }),
    only: ['O9'],
  })
  expect(findingOf(found, 'O9'), summary(found)).toMatchObject({ status: 'NO-GO', cause: 'clip-limit-exceeded' })
})

test.each([
  ['cosine', 'GO', null],
  ['warmed', 'GO', null],
  ['epochs', 'GO', null],
  ['plateau', 'GO', null],
  ['epochs-a-batch', 'NO-GO', 'schedule-unit-wrong'],
  ['twice', 'NO-GO', 'schedule-stepped-twice'],
  ['too-short', 'NO-GO', 'schedule-stepped-too-often'],
  ['never', 'WARN', 'schedule-never-stepped'],
  ['zero-epoch', 'NO-GO', 'learning-rate-vanishes'],
] as const)('schedule %s: O6 says %s', async (schedule, status, cause) => {
  const found = await findingsOf(path.join(folder, 'run.yaml'), { own, config: { schedule }, only: ['O6'] })
  expect(findingOf(found, 'O6'), summary(found)).toMatchObject({ status, cause })
})

test.each([
  [1e-9, 'O5', 'WARN', 'learning-rate-out-of-range'],
  [1e4, 'T2', 'NO-GO', 'diverges'],
] as const)('learning rate %s: %s says %s %s', async (learning_rate, check, status, cause) => {
  const found = await findingsOf(path.join(folder, 'run.yaml'), { own, config: { learning_rate }, only: [check] })
  expect(findingOf(found, check), summary(found)).toMatchObject({ status, cause })
})

test.each([
  ['0.1 on all', { weight_decay: 0.1 }, 'WARN'],
  ['0.1 on matrices', { weight_decay: 0.1, decay: 'matrices' }, 'GO'],
  ['by a name that misses one', { weight_decay: 0.01, decay: 'by-name' }, 'WARN'],
  ['0.01 on all', { weight_decay: 0.01 }, 'GO'],
] as const)('weight decay %s: O10 says %s', async (_, config, status) => {
  const found = await findingsOf(path.join(folder, 'run.yaml'), { own, config, only: ['O10'] })
  expect(findingOf(found, 'O10'), summary(found)).toMatchObject({ status })
})
