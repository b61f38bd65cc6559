// The adapters: each planted bug of adapters/index.json is a NO-GO that names its cause; the healthy scripts never are.
// Lightning's are tested beside it. Needs Accelerate, Transformers and Hydra, which the tests' Python has.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type Cause, type CheckCode, type FindingCode, verdictOf } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

type Program = { readonly name: string; readonly check: CheckCode | null; readonly causes: readonly Cause[] }

const core: readonly FindingCode[] = ['D8', 'I1', 'O1', 'V2', 'V4', 'S1', 'V3', 'K1', 'K2', 'K4', 'K5', 'O4']

const folder = path.join(import.meta.dirname, 'adapters')
const programs = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8')) as Program[]
const fileOf = ({ name }: Program) => path.join(folder, name, 'run.yaml')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

test.each(programs.filter(({ check }) => check !== null))('$name: $check', async (program) => {
  const code = program.check as CheckCode
  const found = await findingsOf(fileOf(program), { only: [code] })
  const finding = findingOf(found, code)
  expect(finding.status, summary(found)).toBe('NO-GO')
  expect(program.causes, summary(found)).toContain(finding.cause)
  expect(finding.advice).not.toBeNull()
})

// five seeds take a quarter of an hour on two cores: each program has one of them, unless all are asked for
const seedsOf = (program: Program) => (process.env.GONOGO_ALL_SEEDS ? [0, 1, 2, 3, 4] : [programs.indexOf(program) % 5])

test.each(programs.filter(({ check }) => check === null))('$name: never a NO-GO', async (program) => {
  for (const seed of seedsOf(program)) {
    const found = await findingsOf(fileOf(program), { seed })
    expect(verdictOf(found), `seed ${seed}\n${summary(found)}`).toBe('GO')
    // a check that skips looks at nothing: only what such a program has not may
    const skipped = found.flatMap(({ check, status }) => (status === 'SKIPPED' && core.includes(check) ? [check] : []))
    expect(skipped, summary(found)).toEqual([])
  }
})
