// One process at a time on PyTorch: a healthy and a broken program get the same statuses and causes as with many.
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { RunFile } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

const folder = path.join(import.meta.dirname, 'bugs')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

const alone = (run: RunFile): RunFile => ({ ...run, engine: { torch: { processes: 'one' } } })

test.each(['healthy', 'optimizer-not-restored'])('%s', async (name) => {
  const many = await findingsOf(path.join(folder, name, 'run.yaml'))
  const one = await findingsOf(path.join(folder, name, 'run.yaml'), { run: alone })
  expect(one.length).toBe(many.length)
  for (const { check, status, cause } of many)
    expect(findingOf(one, check), summary(one)).toMatchObject({ status, cause })
})
