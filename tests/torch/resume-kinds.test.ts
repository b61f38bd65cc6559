// `resume: exact | epoch | approximate` in the run file: what K1 then says of one and the same checkpoint.
// Not the kinds of bugs: those are in the corpus.
import { expect, test } from 'vitest'
import type { Cause, ResumeKind, Status } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'
import { corpusTwins } from './planted.ts'

const runOf = corpusTwins()

const cases: readonly (readonly [string, ResumeKind, Status, Cause | null])[] = [
  ['CK12/manual', 'exact', 'NO-GO', 'data-position-lost'],
  // the epoch is begun again in mid-epoch; at its boundary nothing is lost
  ['CK12/manual', 'epoch', 'WARN', 'data-position-lost'],
  ['CK12/manual', 'approximate', 'WARN', 'data-position-lost'],
  ['CK09/manual', 'epoch', 'NO-GO', 'rng-not-restored'],
  ['CK09/manual', 'approximate', 'WARN', 'rng-not-restored'],
  ['CK09/workers', 'approximate', 'WARN', 'rng-not-restored'],
  ['CK12/workers', 'approximate', 'WARN', 'data-position-lost'],
  ['CK01/manual', 'approximate', 'NO-GO', 'optimizer-not-restored'],
  ['CK02/manual', 'epoch', 'NO-GO', 'schedule-not-restored'],
  ['CK05/manual', 'approximate', 'NO-GO', 'ema-not-restored'],
  ['H46/manual', 'approximate', 'GO', null],
]

test.each(cases)('%s under resume: %s is %s', async (name, resume, status, cause) => {
  const { file } = await runOf(name, name.startsWith('H') ? 'healthy' : 'buggy')
  const found = await findingsOf(file, { only: ['K1'], run: (run) => ({ ...run, resume }) })
  const finding = findingOf(found, 'K1')
  expect(finding.status, summary(found)).toBe(status)
  expect(finding.cause).toBe(cause)
  if (status === 'WARN') expect(finding.title).toContain(`resume: ${resume}`)
})
