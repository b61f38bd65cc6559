// The poll itself: waivers, budget, abort, crashes of the subject. Not the checks.
import { expect, test } from 'vitest'
import { checkCode, GonogoError, verdictOf } from '../../src/contract/index.ts'
import { withHand } from './faulty.ts'
import { findingOf, findingsOf, summary } from './polled.ts'

test('a waived check is not run and shows its reason; a lowered one warns and shows it', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', {
    config: { fault: 'leak' },
    only: ['I1', 'C1'],
    skip: new Map([['C1', 'known']]),
    run: (run) => ({
      ...run,
      preflight: {
        ...run.preflight,
        checks: { 'chance-level': { level: 'warn', reason: 'the leak is the experiment' } },
      },
    }),
  })
  expect(findingOf(found, 'C1')).toMatchObject({ status: 'WAIVED', title: 'known' })
  expect(findingOf(found, 'I1'), summary(found)).toMatchObject({ status: 'WARN', cause: 'initial-loss-too-low' })
  expect(findingOf(found, 'I1').title).toContain('the leak is the experiment')
  expect(verdictOf(found)).toBe('GO')
}, 60_000)

test('a budget that is spent skips the rest, by name', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', { budgetSeconds: 1e-6 })
  expect(found).toHaveLength(checkCode.options.length)
  for (const finding of found) expect(finding).toMatchObject({ status: 'SKIPPED', cause: null })
  expect(findingOf(found, 'K1').title).toContain('budget')
  // in a hurry, what a run rests on goes first
  const codes = found.map(({ check }) => check)
  for (const core of ['S1', 'K1', 'O4'] as const)
    for (const other of ['O9', 'V7', 'C2'] as const) expect(codes.indexOf(core)).toBeLessThan(codes.indexOf(other))
}, 60_000)

test('aborted: the poll throws the reason at once and leaves no process behind', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('stop it')), 1200)
  const slow = withHand((subject) => ({
    evaluate: () => new Promise(() => {}),
    persist: (probe) => subject.persist(probe),
  }))
  const started = performance.now()
  await expect(findingsOf('tiny/tiny.run.yaml', { signal: controller.signal, engine: slow })).rejects.toThrow('stop it')
  expect(performance.now() - started).toBeLessThan(20_000)
}, 60_000)

test('a crash of the experiment is a NO-GO with its own words, said once', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', {
    engine: withHand(() => ({ evaluate: () => Promise.reject(new GonogoError('USER_CODE', 'KeyError: test')) })),
  })
  const faults = found.filter(({ status }) => status === 'NO-GO')
  expect(
    faults.map(({ cause }) => cause),
    summary(found),
  ).toEqual(['evaluation-crashed'])
  expect(faults[0]?.seen).toContain('test')
  expect(found).toHaveLength(checkCode.options.length)
}, 60_000)

test('a process that dies takes one check with it, not the poll', async () => {
  let asked = 0
  const found = await findingsOf('tiny/tiny.run.yaml', {
    only: ['O1', 'V2', 'O4'],
    engine: withHand((subject) => ({
      evaluate: async (probe) => {
        if (asked++ === 0) await subject[Symbol.asyncDispose]()
        return subject.evaluate(probe)
      },
    })),
  })
  expect(findingOf(found, 'O1').status, summary(found)).toBe('GO')
  expect(findingOf(found, 'O4').status, summary(found)).toBe('GO')
}, 60_000)
