// What only a program with its own evaluation can get wrong, on PyTorch: evaluations that draw, augment or count at random, metrics that
// look elsewhere or are declared the wrong way round; and programs beside them that look alike and are right.
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Cause, CheckCode, Status } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

const file = path.join(import.meta.dirname, 'forward/forward.run.yaml')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
})

const planted: readonly (readonly [string, CheckCode, Status, Cause])[] = [
  ['train-mode', 'V1', 'NO-GO', 'no-eval-mode'],
  ['functional-dropout', 'V1', 'NO-GO', 'no-eval-mode'],
  ['augmented-validation', 'V1', 'NO-GO', 'augmentation-on-validation'],
  ['carries-state', 'V1', 'WARN', 'random-evaluation'],
  ['squeezes', 'V2', 'WARN', 'evaluation-crashed'],
  ['batch-f1', 'V5', 'WARN', 'order-dependent-metric'],
  ['argmax-one-unit', 'V7', 'NO-GO', 'metric-ignores-predictions'],
  ['reversed', 'V7', 'WARN', 'metric-direction-reversed'],
]

test.each(planted)('%s: %s says %s', async (bug, check, status, cause) => {
  const found = await findingsOf(file, { config: { bug }, only: [check] })
  expect(findingOf(found, check), summary(found)).toMatchObject({ status, cause })
})

test.each(['none', 'augmented-training', 'one-logit', 'one-probability', 'softmax-log'])(
  '%s is right: nothing to say',
  async (bug) => {
    const found = await findingsOf(file, { config: { bug }, only: ['V1', 'V4', 'V5', 'V7', 'I2', 'I3', 'K6', 'K7'] })
    expect(
      found.filter(({ status }) => status !== 'GO' && status !== 'SKIPPED'),
      summary(found),
    ).toEqual([])
    // a number between 0 and 1 may be a logit or a probability: there alone predictions cannot be replaced, and learnt samples are scored
    expect(findingOf(found, 'K6').status, summary(found)).toBe(bug === 'one-probability' ? 'SKIPPED' : 'GO')
    expect(findingOf(found, 'V7'), summary(found)).toMatchObject({
      status: 'GO',
      title: expect.stringMatching(bug === 'one-probability' ? /fitted samples/ : /predictions/),
    })
  },
)

test('C2: the Config of a program in Python tells which of its keys are read', async () => {
  const found = await findingsOf(file, { only: ['C2'] })
  expect(findingOf(found, 'C2'), summary(found)).toMatchObject({ status: 'WARN', cause: 'config-without-effect' })
  expect(findingOf(found, 'C2').evidence).toMatchObject({ withoutEffect: ['unused'], unread: ['momentum', 'unused'] })
})
