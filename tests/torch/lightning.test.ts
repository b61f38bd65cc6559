// The checks through Lightning's own Trainer: for each check a bug of the corpus is named, healthy projects never are.
// Not the adapter's parts one by one: test_lightning.py. Not all that is planted: `npm run corpus`.
import path from 'node:path'
import { expect, test } from 'vitest'
import { type CheckCode, verdictOf } from '../../src/contract/index.ts'
import { check } from '../../src/run.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'
import { corpusTwins } from './planted.ts'

const runOf = corpusTwins()
const twelve = ['C1', 'I1', 'K1', 'K2', 'K4', 'K5', 'O1', 'O4', 'S1', 'V2', 'V3', 'V4'] as const

const bugs: readonly (readonly [program: string, check: CheckCode])[] = [
  ['SE03/lit', 'S1'],
  ['VA05/lit', 'V2'],
  ['VA01/lit', 'V3'],
  ['VA21/lit', 'V4'],
  ['IL05/lit', 'I1'],
  ['OP03/lit', 'O1'],
  ['IL01/lit', 'O4'],
  ['CK01/lit', 'K1'],
  ['CK05/lit', 'K2'],
  ['CK15/lit', 'K4'],
  ['CK30/lit', 'K5'],
]

test.each(bugs)('%s: %s', async (name, code) => {
  const { file, causes } = await runOf(name, 'buggy')
  const found = await findingsOf(file, { only: [code] })
  const finding = findingOf(found, code)
  expect(finding.status, summary(found)).toBe('NO-GO')
  expect(causes, summary(found)).toContain(finding.cause)
  expect(finding.where, summary(found)).toMatch(/^[\w-]+\.py:\d+$/)
})

test.each(['CF01/lit', 'CF02/lit'])('%s is refused as it is read', async (name) => {
  const { file } = await runOf(name, 'buggy')
  await expect(check(file)).rejects.toMatchObject({ code: 'SIGNATURE_TYPE' })
})

test.each([
  ['H48/plain', 0],
  ['H48/curve_lit', 1],
  ['H48/by_hand', 2],
] as const)('%s: every check GO', async (name, seed) => {
  const { file } = await runOf(name, 'healthy', seed)
  const found = await findingsOf(file, { only: twelve })
  const statuses = new Set(found.map(({ check, status }) => `${check} ${status}`))
  expect(statuses, summary(found)).toEqual(new Set(twelve.map((code) => `${code} GO`)))
})

// Written by Lightning's authors; nothing in them is ours but the text of the transformer.
test.each(['boring', 'manual', 'transformer'])('Lightning’s own example %s: no NO-GO', async (name) => {
  const found = await findingsOf(path.join(import.meta.dirname, 'lightning-demos', `${name}.run.yaml`))
  expect(verdictOf(found), summary(found)).toBe('GO')
})
