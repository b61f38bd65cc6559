// Checks that a Python experiment declares itself: methods of it and functions of its file, asked through the protocol.
import { expect, test } from 'vitest'
import type { RunFile } from '../../src/contract/index.ts'
import { findingOf, findingsOf, root, summary } from '../preflight/polled.ts'

const python = (run: RunFile): RunFile => ({ ...run, engine: { torch: { python: process.env.GONOGO_TEST_PYTHON } } })
const file = `${root}/tests/torch/own-checks/own.run.yaml`

test('what they measure is told, and what they do to the experiment is undone', async () => {
  const only = ['own/weights-spread', 'own/learns-early', 'K4'] as const
  const found = await findingsOf(file, { only, config: { bug: 'zeroed' }, run: python })
  expect(findingOf(found, 'own/weights-spread'), summary(found)).toMatchObject({
    status: 'NO-GO',
    cause: 'own-check',
    evidence: { deviation: 0 },
    where: expect.stringMatching(/experiment\.py:\d+/),
  })
  // it zeroed the head before
  expect(findingOf(found, 'own/learns-early'), summary(found)).toMatchObject({
    status: 'GO',
    evidence: { first: expect.any(Number) },
  })
  expect(findingOf(found, 'K4').status).toBe('GO')
})

test('a mistake in one, or no answer, is a finding', async () => {
  for (const bug of ['crash', 'no-answer']) {
    const found = await findingsOf(file, {
      only: ['own/weights-spread', 'own/learns-early'],
      config: { bug },
      run: python,
    })
    expect(findingOf(found, 'own/learns-early'), summary(found)).toMatchObject({
      status: 'NO-GO',
      cause: 'crashed',
      where: expect.stringContaining('experiment.py:'),
    })
    expect(findingOf(found, 'own/weights-spread').status).toBe('GO')
  }
})

test('one that blocks its process is ended with what is left of the budget', async () => {
  const found = await findingsOf(file, {
    only: ['own/learns-early', 'O1'],
    config: { bug: 'hang' },
    budgetSeconds: 8,
    run: python,
  })
  expect(findingOf(found, 'own/learns-early'), summary(found)).toMatchObject({ status: 'SKIPPED' })
}, 120_000)
