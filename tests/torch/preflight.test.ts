// The checks on PyTorch: every planted bug of bugs/index.json is a NO-GO that names its cause; healthy programs never are.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import {
  type Cause,
  type CheckCode,
  checkCode,
  type Finding,
  type RunFile,
  verdictOf,
} from '../../src/contract/index.ts'
import { check } from '../../src/run.ts'
import { findingOf, findingsOf, root, summary } from '../preflight/polled.ts'

type Bug = {
  readonly name: string
  readonly run: string
  /** Null: a healthy one. */
  readonly check: CheckCode | null
  readonly causes: readonly Cause[]
}

const folder = path.join(import.meta.dirname, 'bugs')
const bugs = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as Bug[]

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

/** Checks that only warn or skip on these programs would hide that nothing was looked at. */
const statuses = (found: readonly Finding[]) => found.map(({ check, status }) => `${check} ${status}`).sort()
const many = ['P1', 'P2'].map((code) => `${code} SKIPPED`)
const allGo = checkCode.options
  .filter((code) => code !== 'P1' && code !== 'P2')
  .map((code) => `${code} GO`)
  .concat(many)
  .sort()

test('the list of planted bugs covers every check', () => {
  const covered = new Set(bugs.map((bug) => bug.check))
  for (const code of ['K1', 'K2', 'K4', 'K5', 'V2', 'V3', 'V4', 'I1', 'O1', 'O4', 'S1', 'C1'] as const)
    expect(covered, code).toContain(code)
})

test.each(bugs.filter(({ check }) => check !== null && check !== 'C1'))('$name: $check', async (bug) => {
  const code = bug.check as CheckCode
  const found = await findingsOf(path.join(folder, bug.run), { only: [code] })
  const finding = findingOf(found, code)
  expect(finding.status, summary(found)).toBe('NO-GO')
  expect(bug.causes, summary(found)).toContain(finding.cause)
  expect(finding.seen).not.toBeNull()
  expect(finding.expected).not.toBeNull()
  expect(finding.advice).not.toBeNull()
})

// a config that is not strict is refused while it is read, before there is a plan whose checks could run
test.each(bugs.filter(({ check }) => check === 'C1'))('$name is refused as it is read', async (bug) => {
  await expect(check(path.join(folder, bug.run))).rejects.toMatchObject({
    code: expect.stringMatching(/^(SCHEMA|CONFIG)_/),
  })
})

test.each(bugs.filter(({ check }) => check === null))('$name: never a NO-GO, on five seeds', async (bug) => {
  for (const seed of [0, 1, 2, 3, 4]) {
    const found = await findingsOf(path.join(folder, bug.run), { seed })
    expect(verdictOf(found), `seed ${seed}\n${summary(found)}`).toBe('GO')
    expect(found).toHaveLength(checkCode.options.length)
  }
})

test.each(['examples/mnist-torch/mnist.run.yaml', 'examples/mnist-torch/manual/mnist.run.yaml'])(
  '%s: GO, and SKIPPED what needs several processes',
  async (file) => {
    const found = await findingsOf(path.join(root, file), { run: (run: RunFile) => ({ ...run, threads: 2 }) })
    expect(statuses(found), summary(found)).toEqual(allGo)
  },
)

test('healthy and odd: a plateau schedule stepped in evaluate(), objects beside the weights: warnings, no NO-GO', async () => {
  const found = await findingsOf(path.join(import.meta.dirname, 'odd/plateau/run.yaml'))
  expect(statuses(found), summary(found)).toEqual(
    allGo.map((one) => (one === 'V3 GO' || one === 'K5 GO' ? one.replace('GO', 'WARN') : one)),
  )
  expect(findingOf(found, 'V3').cause).toBe('evaluation-changes-progress')
  expect(findingOf(found, 'K5').evidence.objects).toEqual([expect.stringMatching(/^(argparse|numpy)/)])
})

test('one bug, one finding: a lost optimizer is said once, with the step at which it shows', async () => {
  const found = await findingsOf(path.join(folder, 'optimizer-not-restored/run.yaml'))
  const faults = found.filter(({ status }) => status === 'NO-GO')
  expect(
    faults.map(({ check }) => check),
    summary(found),
  ).toEqual(['K1'])
  expect(faults[0]).toMatchObject({ cause: 'optimizer-not-restored', folded: ['K2'] })
  expect(faults[0]?.where).toMatch(/experiment\.py:\d+/)
})

test('a managed program says what it holds by construction, and is measured all the same', async () => {
  const found = await findingsOf(path.join(folder, 'managed-healthy/run.yaml'), {
    only: ['C1', 'V3', 'V4', 'K2', 'K5'],
  })
  for (const { check, status, evidence } of found) {
    expect(`${check} ${status}`, summary(found)).toBe(`${check} GO`)
    expect(evidence.byConstruction, check).toMatch(/managed|schema/)
  }
  expect(found).toHaveLength(5)
})
