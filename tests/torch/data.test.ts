// The checks on data where only PyTorch can go wrong: time, padding, loader workers, samplers. Each fault, and its healthy cousin.
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Cause, CheckCode, RunFile, Status } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

const data = path.join(import.meta.dirname, 'data/run.yaml')
const classes = path.join(import.meta.dirname, 'data/classes/run.yaml')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

const expected: readonly (readonly [CheckCode, string, Status, Cause | null])[] = [
  ['D2', 'causal', 'GO', null],
  ['D2', 'prefix', 'GO', null],
  ['D2', 'sees-all', 'NO-GO', 'sees-the-future'],
  ['D2', 'sees-next', 'NO-GO', 'sees-the-future'],
  ['D2', 'bidirectional', 'SKIPPED', null],
  ['D9', 'padded', 'GO', null],
  ['D9', 'mask-not-given', 'NO-GO', 'padding-seen'],
  ['D9', 'padding-scored', 'NO-GO', 'padding-scored'],
  ['D9', 'nothing-supervised', 'NO-GO', 'nothing-supervised'],
  ['D9', 'causal', 'SKIPPED', null],
  ['D6', 'workers', 'GO', null],
  ['D6', 'flips', 'GO', null],
  ['D6', 'keyed', 'GO', null],
  ['D6', 'shuffled', 'SKIPPED', null],
  ['D6', 'workers-alike', 'NO-GO', 'workers-draw-alike'],
  ['D6', 'epochs-alike', 'NO-GO', 'augmentation-repeats'],
  ['D6', 'reseeds', 'WARN', 'augmentation-repeats'],
  ['D6', 'keyed-by-index', 'WARN', 'augmentation-repeats'],
  ['D7', 'shuffled', 'GO', null],
  ['D7', 'weighted', 'GO', null],
  ['D7', 'class-weights', 'NO-GO', 'samples-left-out'],
  ['D7', 'curriculum', 'WARN', 'order-repeats'],
  ['D7', 'fixed-shuffle', 'NO-GO', 'order-repeats'],
  ['D3', 'shared-by-samplers', 'GO', null],
  ['D3', 'overlapping-samplers', 'NO-GO', 'splits-overlap'],
  ['D3', 'augmented-overlap', 'NO-GO', 'splits-overlap'],
  ['D7', 'sorted', 'WARN', 'class-runs'],
  ['D8', 'ignores-255', 'GO', null],
  ['D8', 'nan', 'NO-GO', 'input-not-finite'],
]

test.each(expected)('%s: %s is %s', async (check, kind, status, cause) => {
  const found = await findingsOf(kind === 'sorted' || kind === 'ignores-255' ? classes : data, {
    config: { kind },
    only: [check],
  })
  const finding = findingOf(found, check)
  expect(finding, summary(found)).toMatchObject({ status, cause })
  if (cause === null) return
  expect(finding.seen).toMatch(/\d|all/)
  expect(finding.advice).not.toBeNull()
  expect(finding.where ?? '').toMatch(/experiment\.py:\d+/)
})

test('M2: a loader that a step waits for is warned of where it costs the run minutes, and only there', async () => {
  const said = async (kind: string, epochs: number) => {
    const run = (given: RunFile): RunFile => ({ ...given, train: { ...given.train, length: { epochs } } })
    return findingOf(await findingsOf(data, { config: { kind }, run, only: ['M2'] }), 'M2')
  }
  expect(await said('slow', 500)).toMatchObject({ status: 'WARN', cause: 'waits-for-data' })
  expect(await said('slow', 4)).toMatchObject({ status: 'GO' })
  expect(await said('shuffled', 500)).toMatchObject({ status: 'GO' })
})
