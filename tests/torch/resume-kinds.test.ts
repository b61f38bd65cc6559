// `resume: exact | epoch | approximate` in the run file: what K1 then says of one and the same checkpoint.
// Not the kinds of bugs: those are in bugs/, and preflight.test.ts runs them all.
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Cause, ResumeKind, Status } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

beforeAll(() => {
  process.env.GONOGO_PYTHON = process.env.GONOGO_TEST_PYTHON
})

const cases: readonly (readonly [string, ResumeKind, Status, Cause | null])[] = [
  ['data-position-lost', 'exact', 'NO-GO', 'data-position-lost'],
  // the epoch is begun again in mid-epoch; at its boundary nothing is lost
  ['data-position-lost', 'epoch', 'WARN', 'data-position-lost'],
  ['data-position-lost', 'approximate', 'WARN', 'data-position-lost'],
  ['rng-not-saved', 'epoch', 'NO-GO', 'rng-not-restored'],
  ['rng-not-saved', 'approximate', 'WARN', 'rng-not-restored'],
  ['workers-reseeded', 'approximate', 'WARN', 'rng-not-restored'],
  ['workers-position-lost', 'approximate', 'WARN', 'data-position-lost'],
  ['optimizer-not-restored', 'approximate', 'NO-GO', 'optimizer-not-restored'],
  ['schedule-not-restored', 'epoch', 'NO-GO', 'schedule-not-restored'],
  ['ema-not-saved', 'approximate', 'NO-GO', 'ema-not-restored'],
  ['healthy-workers', 'approximate', 'GO', null],
]

test.each(cases)('%s under resume: %s is %s', async (name, resume, status, cause) => {
  const file = path.join(import.meta.dirname, 'bugs', name, 'run.yaml')
  const found = await findingsOf(file, { only: ['K1'], run: (run) => ({ ...run, resume }) })
  const finding = findingOf(found, 'K1')
  expect(finding.status, summary(found)).toBe(status)
  expect(finding.cause).toBe(cause)
  if (status === 'WARN') expect(finding.title).toContain(`resume: ${resume}`)
})
