// The checks through Lightning's own Trainer: planted bugs are named, healthy projects and Lightning's own examples never are.
// Not the adapter's parts one by one: test_lightning.py.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type Cause, type CheckCode, verdictOf } from '../../src/contract/index.ts'
import { check } from '../../src/run.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

type Project = {
  readonly name: string
  /** Null: a healthy one. */
  readonly check: CheckCode | null
  readonly causes: readonly Cause[]
  readonly seeds?: readonly number[]
}

const folder = path.join(import.meta.dirname, 'bugs-lightning')
const projects = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as Project[]
const runOf = (name: string) => path.join(folder, `${name}.run.yaml`)
const twelve = ['C1', 'I1', 'K1', 'K2', 'K4', 'K5', 'O1', 'O4', 'S1', 'V2', 'V3', 'V4'] as const

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

test('the planted bugs cover every check', () => {
  const covered = new Set(projects.map((one) => one.check))
  for (const code of twelve) expect(covered, code).toContain(code)
})

test.each(projects.filter(({ check }) => check !== null && check !== 'C1'))('$name: $check', async (bug) => {
  const code = bug.check as CheckCode
  const found = await findingsOf(runOf(bug.name), { only: [code] })
  const finding = findingOf(found, code)
  expect(finding.status, summary(found)).toBe('NO-GO')
  expect(bug.causes, summary(found)).toContain(finding.cause)
  expect(finding.where, summary(found)).toMatch(/^[\w-]+\.py:\d+$/)
})

test.each(projects.filter(({ check }) => check === 'C1'))('$name is refused as it is read', async ({ name }) => {
  await expect(check(runOf(name))).rejects.toMatchObject({ code: 'SIGNATURE_TYPE' })
})

// every check on the first seed; on the others those whose verdict hangs on what was drawn
test.each(projects.filter(({ check }) => check === null))('$name: every check GO', async ({ name, seeds }) => {
  for (const [index, seed] of (seeds ?? [0]).entries()) {
    const only = index === 0 ? twelve : (['I1', 'O1', 'O4', 'V2', 'V4'] as const)
    const found = await findingsOf(runOf(name), { seed, only })
    const statuses = new Set(found.map(({ check, status }) => `${check} ${status}`))
    expect(statuses, `seed ${seed}\n${summary(found)}`).toEqual(new Set(only.map((code) => `${code} GO`)))
  }
})

// Written by Lightning's authors; nothing in them is ours but the text of the transformer.
test.each(['boring', 'manual', 'transformer'])('Lightning’s own example %s: no NO-GO', async (name) => {
  const found = await findingsOf(path.join(import.meta.dirname, 'lightning-demos', `${name}.run.yaml`))
  expect(verdictOf(found), summary(found)).toBe('GO')
})
