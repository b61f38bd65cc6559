// K1 against a save that leaves one kind of state out, for each kind there is: every other one is there, and what is lost is named.
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type Cause, type Section, section } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

const file = path.join(import.meta.dirname, 'sections/run.yaml')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

/** Modes are the code's, set by each step and each evaluation: no checkpoint holds them. */
const lost: Record<Exclude<Section, 'mode'>, readonly Cause[]> = {
  parameters: ['weights-not-restored'],
  buffers: ['buffers-not-restored'],
  optimizer: ['optimizer-not-restored'],
  schedule: ['schedule-not-restored'],
  scaler: ['scaler-not-restored'],
  ema: ['ema-not-restored'],
  rng: ['rng-not-restored'],
  position: ['data-position-lost'],
  // a number of the program's own is known by what it does alone
  counters: ['counter-off', 'section-not-saved'],
}

test('no section is left out here', () => {
  expect([...Object.keys(lost), 'mode'].sort()).toEqual([...section.options].sort())
})

test.each(Object.entries(lost))('a checkpoint without %s: K1 is NO-GO', async (drops, causes) => {
  const found = await findingsOf(file, { config: { drops }, only: ['K1'] })
  const finding = findingOf(found, 'K1')
  expect(finding, summary(found)).toMatchObject({ status: 'NO-GO' })
  expect(causes, summary(found)).toContain(finding.cause)
})

test('a checkpoint with all of it: K1 and K2 are GO', async () => {
  const found = await findingsOf(file, { only: ['K1', 'K2'] })
  expect(findingOf(found, 'K1'), summary(found)).toMatchObject({ status: 'GO' })
  expect(findingOf(found, 'K2'), summary(found)).toMatchObject({ status: 'GO' })
})
