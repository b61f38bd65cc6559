import { expect, test } from 'vitest'
import type { StepRecord } from '../contract/index.ts'
import { inStep } from './in-step.ts'

/** A record of which nothing but what was told of the inside of its step is read. */
const step = (constants: string[], derivatives: string[]) =>
  ({ trace: { constants, derivatives } }) as unknown as StepRecord
const verdict = (...records: StepRecord[]) => inStep({ where: {} }, records, {})

test('a constant may be meant; one of a derivative without a graph cannot', () => {
  expect(verdict(step(['a.py:7'], []), step(['a.py:7'], []))).toMatchObject({ status: 'WARN', where: 'a.py:7' })
  expect(verdict(step(['a.py:7'], ['a.py:7']), step(['a.py:7'], ['a.py:7']))).toMatchObject({
    status: 'NO-GO',
    cause: 'loss-term-without-gradient',
    where: 'a.py:7',
  })
})

test('what one step of two adds is no rule', () => {
  expect(verdict(step(['a.py:7'], ['a.py:7']), step(['a.py:7'], []))?.status).toBe('WARN')
  expect(verdict(step(['a.py:7'], ['a.py:7']), step([], []))).toBeNull()
  expect(verdict(step([], []), step([], []))).toBeNull()
})
