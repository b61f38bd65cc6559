// One process at a time on PyTorch: a healthy and a broken program get the same statuses and causes as with many.
import { expect, test } from 'vitest'
import type { RunFile } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'
import { corpusTwins } from './planted.ts'

const runOf = corpusTwins()

const alone = (run: RunFile): RunFile => ({ ...run, engine: { torch: { processes: 'one' } } })

test.each([
  ['H59/manual', 'healthy'],
  ['CK01/manual', 'buggy'],
] as const)('%s', async (name, twin) => {
  const { file } = await runOf(name, twin)
  const many = await findingsOf(file)
  const one = await findingsOf(file, { run: alone })
  expect(one.length).toBe(many.length)
  for (const { check, status, cause } of many)
    expect(findingOf(one, check), summary(one)).toMatchObject({ status, cause })
})
