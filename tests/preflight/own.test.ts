// Checks that a project declares itself, in polls of a real experiment: they are asked, judged, waived and timed like ours.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { GonogoError, type OwnCode, type RunFile, verdictOf } from '../../src/contract/index.ts'
import { refuseUnknownChecks } from '../../src/preflight/index.ts'
import { findingOf, findingsOf, root, summary } from './polled.ts'

const file = 'own-checks/own.run.yaml'
const own: readonly OwnCode[] = ['own/classes-balanced', 'own/learns-early', 'own/needs-a-gpu']
const levels = (checks: RunFile['preflight']['checks']) => (run: RunFile) => ({
  ...run,
  preflight: { ...run.preflight, checks },
})

test('each says what it found, with its numbers, and what it did is undone', async () => {
  const found = await findingsOf(file, { only: [...own, 'V3', 'K1'] })
  const said = found.map(({ check, status }) => `${check} ${status}`)
  expect(new Set(said), summary(found)).toEqual(
    new Set(['K1 GO', 'V3 GO', 'own/classes-balanced GO', 'own/learns-early GO', 'own/needs-a-gpu SKIPPED']),
  )
  expect(findingOf(found, 'own/classes-balanced').evidence).toMatchObject({ classes: 4 })
  expect(findingOf(found, 'own/needs-a-gpu').title).toBe('this project has no GPU here')
})

test('what it is there for is a NO-GO at its line', async () => {
  const found = await findingsOf(file, { only: [...own], config: { bug: 'one-class' } })
  const line = readFileSync(path.join(root, 'tests/experiments/own-checks/experiment.ts'), 'utf8')
    .split('\n')
    .findIndex((text) => text.includes("'classes-balanced'"))
  expect(verdictOf(found)).toBe('NO-GO')
  expect(findingOf(found, 'own/classes-balanced'), summary(found)).toMatchObject({
    status: 'NO-GO',
    cause: 'own-check',
    seen: expect.stringMatching(/largest share 0\.\d+|largest share 1/),
    where: `experiment.ts:${line + 1}`,
  })
})

test.each(['crash', 'no-answer'])('%s: a finding, and the poll goes on', async (bug) => {
  const found = await findingsOf(file, { only: ['own/learns-early', 'own/needs-a-gpu', 'V1'], config: { bug } })
  expect(findingOf(found, 'own/learns-early'), summary(found)).toMatchObject({
    status: 'NO-GO',
    cause: 'crashed',
    where: expect.stringContaining('experiment.ts:'),
  })
  expect(findingOf(found, 'V1').status).toBe('GO')
})

test('one that never ends costs no more than is left of the budget, and the checks after it have an experiment to ask', async () => {
  const found = await findingsOf(file, {
    only: ['own/learns-early', 'own/needs-a-gpu', 'V3'],
    config: { bug: 'hang' },
    budgetSeconds: 6,
  })
  expect(findingOf(found, 'own/learns-early')).toMatchObject({
    status: 'SKIPPED',
    title: expect.stringContaining('budget'),
  })
  expect(found).toHaveLength(3)
}, 60_000)

test('levels and skips hold for it as for ours; a check of ours that it needs is heeded', async () => {
  const config = { bug: 'one-class' }
  const only = ['own/classes-balanced'] as const
  const lowered = levels({ 'own/classes-balanced': { level: 'warn', reason: 'until the labels are in' } })
  expect((await findingsOf(file, { only, config, run: lowered }))[0]).toMatchObject({
    status: 'WARN',
    title: expect.stringContaining('until the labels are in'),
  })
  const skip = new Map([['own/classes-balanced' as const, 'not here']])
  expect((await findingsOf(file, { only, config, skip }))[0]).toMatchObject({ status: 'WAIVED', title: 'not here' })
})

test('a name that nothing has is refused, with the nearest that something has', () => {
  const facts = {
    checks: own.map((code) => ({ code, at: 'initial' as const, needs: [], after: [], where: null })),
  }
  const run = (checks: RunFile['preflight']['checks']) => ({ run: { preflight: { checks } } }) as never
  const refused = (plan: never, asked = {}): readonly unknown[] | null => {
    try {
      refuseUnknownChecks(plan, facts, asked)
    } catch (error) {
      if (!(error instanceof GonogoError)) throw error
      return [error.code, error.where, error.try]
    }
    return null
  }
  expect(refused(run({}), { only: ['own/classes-balancd'] })).toEqual([
    'USAGE_UNKNOWN_CHECK',
    '--only',
    'own/classes-balanced',
  ])
  expect(refused(run({}), { skip: new Map([['own/x', 'why']]) })?.[1]).toBe('--skip')
  expect(refused(run({ 'resume-equivalenc': { level: 'skip' } }))).toEqual([
    'USAGE_UNKNOWN_CHECK',
    'preflight.checks',
    'resume-equivalence',
  ])
  expect(
    refused(run({ K1: { level: 'warn' }, 'best-is-best': { level: 'warn' }, 'own/elsewhere': { level: 'skip' } })),
  ).toBe(null)
})

test.each([
  ['ts', 'tests/experiments/own-checks/experiment.ts'],
  ['python', 'tests/torch/own-checks/experiment.py'],
])('docs/own-checks.md shows what runs here: %s', (language, at) => {
  const page = readFileSync(path.join(root, 'docs/own-checks.md'), 'utf8')
  const [, shown = 'nothing'] = page.match(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``)) ?? []
  expect(readFileSync(path.join(root, at), 'utf8')).toContain(shown)
})
