// Coarse number formats and kernels that do not repeat: healthy programs are no NO-GO, and the bugs are still found.
// Where PyTorch has a GPU the same programs run there (device: auto).
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type CheckCode, type RunFile, verdictOf } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

const file = path.join(import.meta.dirname, 'precision/run.yaml')
const atomic = path.join(import.meta.dirname, 'atomic/run.yaml')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

afterEach(() => {
  delete process.env.TEST_KIND
})

const inFormat = (precision: RunFile['train']['precision']) => (run: RunFile) => ({
  ...run,
  train: { ...run.train, precision },
})

const deterministic = (mode: string) => (run: RunFile) => ({ ...run, engine: { torch: { deterministic: mode } } })

describe.each([
  ['managed', 'bfloat16'],
  ['managed', 'float16'],
  // under an autocast of its own that the run file does not know
  ['own', 'float32'],
] as const)('%s in %s', (kind, precision) => {
  test.each([0, 1, 2, 3, 4])('is no NO-GO with seed %i', async (seed) => {
    process.env.TEST_KIND = kind
    const found = await findingsOf(file, { seed, run: inFormat(precision) })
    expect(verdictOf(found), summary(found)).toBe('GO')
    for (const code of ['V2', 'V4', 'S1', 'K1', 'O4'] as const)
      expect(findingOf(found, code).status, summary(found)).toBe('GO')
  })
})

test.each([
  ['average', 'V2', ['mean-of-batch-means']],
  ['average', 'V4', ['mean-of-batch-means']],
  ['training', 'V2', ['no-eval-mode', 'batch-dependent-outputs']],
] as const)('%s in bfloat16 is a NO-GO of %s', async (kind, code, causes) => {
  process.env.TEST_KIND = kind
  const found = await findingsOf(file, { run: inFormat('bfloat16'), only: [code as CheckCode] })
  const finding = findingOf(found, code)
  expect(finding.status, summary(found)).toBe('NO-GO')
  expect(causes, summary(found)).toContain(finding.cause)
})

test('a kernel that does not repeat warns, names the operation and its line, and K1 accepts its spread', async () => {
  const found = await findingsOf(atomic, { only: ['S1', 'K1'] })
  const s1 = findingOf(found, 'S1')
  expect(s1, summary(found)).toMatchObject({ status: 'WARN', cause: 'nondeterministic-kernel' })
  expect(s1.seen).toMatch(/index_put.*experiment\.py:\d+/)
  expect(s1.where).toMatch(/experiment\.py:\d+$/)
  expect(s1.evidence.operations).toEqual([expect.stringContaining('index_put')])
  expect(s1.evidence.spread).toBeGreaterThan(0)
  expect(s1.evidence.deterministic).toBe('off')
  expect(s1.advice).toContain('deterministic')
  expect(findingOf(found, 'K1').status, summary(found)).toBe('GO')
})

test('the same program repeats bitwise with the kernels that PyTorch has for it', async () => {
  const found = await findingsOf(atomic, { only: ['S1', 'K1'], run: deterministic('warn') })
  expect(
    found.map(({ status }) => status),
    summary(found),
  ).toEqual(['GO', 'GO'])
  expect(findingOf(found, 'S1').evidence.deterministic).toBe('warn')
})
