// A crash on what only a check asks for is no fault of the program; a crash on what a run asks for is.
// Not the crashes of a run themselves (poll.test.ts).
import { expect, test } from 'vitest'
import { GonogoError, verdictOf } from '../../src/contract/index.ts'
import { withHand } from './faulty.ts'
import { findingOf, findingsOf, summary } from './polled.ts'

const fixed = () => new GonogoError('USER_CODE', 'RuntimeError: shape [20, 30] is invalid for input of size 480')

test('an evaluation that takes batches of one size alone is SKIPPED where it is asked for another', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', {
    only: ['V2', 'V5', 'V6'],
    engine: withHand((subject) => ({
      evaluate: (probe) => ((probe?.batchSize ?? null) === null ? subject.evaluate(probe) : Promise.reject(fixed())),
    })),
  })
  expect(findingOf(found, 'V2'), summary(found)).toMatchObject({ status: 'SKIPPED', cause: null })
  expect(findingOf(found, 'V2').title).toContain('shape [20, 30]')
  expect(findingOf(found, 'V6').status).toBe('GO')
}, 60_000)

test('a step that takes batches of one size alone is SKIPPED by all that ask for another', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', {
    only: ['O1', 'O2', 'O3', 'O4', 'S1'],
    engine: withHand((subject) => ({
      train: (probe) => {
        if ((probe.batch ?? 'live') !== 'live') throw fixed()
        return subject.train(probe)
      },
    })),
  })
  expect(verdictOf(found), summary(found)).toBe('GO')
  expect(findingOf(found, 'O4'), summary(found)).toMatchObject({ status: 'SKIPPED', cause: null })
  expect(findingOf(found, 'S1').status).toBe('GO')
}, 60_000)

test('a last batch that crashes crashes in the run as well: NO-GO, whoever meets it', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', {
    only: ['V2'],
    engine: withHand((subject) => ({
      evaluate: (probe) =>
        (probe?.batchSize ?? null) !== null || probe?.whole ? Promise.reject(fixed()) : subject.evaluate(probe),
    })),
  })
  expect(findingOf(found, 'V2'), summary(found)).toMatchObject({ status: 'NO-GO', cause: 'evaluation-crashed' })
}, 60_000)

test('a loop that such a batch has ended takes its process with it: what comes afterwards gets another', async () => {
  const left = new GonogoError('LOOP_BROKEN', 'RuntimeError: shape [20, 30] is invalid for input of size 480')
  const ended = new GonogoError('LOOP_ENDED', 'the loop has ended')
  const found = await findingsOf('tiny/tiny.run.yaml', {
    only: ['O4', 'O3', 'V1', 'S1'],
    engine: withHand((subject) => {
      let over = false
      return {
        train: (probe) => {
          if (over) throw ended
          over = (probe.batch ?? 'live') !== 'live'
          if (over) throw left
          return subject.train(probe)
        },
        evaluate: (probe) => (over ? Promise.reject(ended) : subject.evaluate(probe)),
      }
    }),
  })
  expect(verdictOf(found), summary(found)).toBe('GO')
  expect(findingOf(found, 'O4'), summary(found)).toMatchObject({ status: 'SKIPPED', cause: null })
  expect(findingOf(found, 'V1').status).toBe('GO')
  expect(findingOf(found, 'S1').status).toBe('GO')
}, 60_000)
