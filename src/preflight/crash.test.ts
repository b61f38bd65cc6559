// A failure during a check: the experiment's own is a NO-GO, what it cannot be asked is SKIPPED.
// Not real crashes: tests/preflight/poll.test.ts.
import { expect, test } from 'vitest'
import { GonogoError } from '../contract/index.ts'
import { Crash, failure } from './crash.ts'

test('an error of the experiment is a NO-GO with its words', () => {
  const error = new GonogoError('USER_CODE', 'RuntimeError: shapes differ', { where: 'train.py:12' })
  expect(failure(new Crash('evaluate', error))).toMatchObject({
    status: 'NO-GO',
    cause: 'evaluation-crashed',
    where: 'train.py:12',
  })
})

test('outputs that are not one a sample, and what an engine does not offer, are no fault of the experiment', () => {
  for (const code of ['OUTPUTS_UNKNOWN', 'SAMPLES_UNKNOWN', 'ENGINE_UNSUPPORTED']) {
    const error = new GonogoError(code, 'the model’s outputs are not one for each sample', { seen: '[64] rows' })
    expect(failure(new Crash('evaluate', error))).toMatchObject({ status: 'SKIPPED', cause: null })
    expect(failure(new Crash('evaluate', error)).title).toContain('[64] rows')
  }
})

test('a look of gonogo’s own that fails is no fault of the experiment', () => {
  const outcome = failure(new Crash('train', new GonogoError('LOOK_FAILED', 'RuntimeError: "abs" not implemented')))
  expect(outcome).toMatchObject({ status: 'SKIPPED', cause: null })
  expect(outcome.title).toContain('abs')
})
