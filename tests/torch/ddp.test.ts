// Data parallel: two processes over gloo. Healthy programs are GO, planted bugs are named; a lost rank costs no checkpoint.
import path from 'node:path'
import { expect, test } from 'vitest'
import { type Cause, type CheckCode, checkCode, type Finding, verdictOf } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'
import { corpusTwins } from './planted.ts'

const folder = path.join(import.meta.dirname, 'ranks')
const runOf = (name: string) => path.join(folder, name, 'run.yaml')
const twinOf = corpusTwins()

const notGo = (found: readonly Finding[]) =>
  found.filter(({ status }) => status !== 'GO').map(({ check, status }) => `${check} ${status}`)
/** What looks at single samples of a batch is for one process, and there is no baseline. */
const left: readonly CheckCode[] = ['D1', 'D2', 'D6', 'D9', 'D10', 'T3']

const several = process.env.GONOGO_ALL_SEEDS ? [0, 1, 2, 3, 4] : [0]

test.each([
  ['managed', [0, 1, 2]],
  ['manual', several],
  ['replicated', several],
] as const)('%s: every check is GO on two ranks, on seeds %o', async (name, seeds) => {
  for (const seed of seeds) {
    const found = await findingsOf(runOf(name), { seed })
    const skipped = (name === 'managed' ? left : [...left, 'O7', 'V5']).map((code) => `${code} SKIPPED`)
    expect(notGo(found), `seed ${seed}\n${summary(found)}`).toEqual(expect.arrayContaining(skipped))
    // D4: on some seeds its steps are too few
    expect([...skipped, 'D4 SKIPPED'], summary(found)).toEqual(expect.arrayContaining(notGo(found)))
    expect(found).toHaveLength(checkCode.options.length)
  }
})

type Bug = readonly [name: string, check: CheckCode, status: Finding['status'], cause: Cause]

const bugs: readonly Bug[] = [
  ['DI01/ranks', 'P1', 'NO-GO', 'gradients-not-averaged'],
  ['seeded-by-rank', 'P1', 'NO-GO', 'ranks-start-apart'],
  ['drifts', 'P1', 'NO-GO', 'ranks-drift-apart'],
  ['DI02/ranks', 'P1', 'NO-GO', 'same-samples-on-every-rank'],
  ['shuffled-by-rank', 'P1', 'WARN', 'same-samples-on-every-rank'],
  ['summed', 'P2', 'NO-GO', 'gradients-not-averaged'],
  ['DI04/ranks', 'P2', 'NO-GO', 'padded-duplicates-scored'],
  ['DI05/ranks', 'P2', 'NO-GO', 'metrics-not-reduced'],
]

test.each(bugs)('%s: %s says %s, %s', async (name, check, status, cause) => {
  const file = name.includes('/') ? (await twinOf(name, 'buggy')).file : runOf(name)
  const found = await findingsOf(file, { only: ['P1', 'P2'] })
  const finding = findingOf(found, check)
  expect(finding, summary(found)).toMatchObject({ status, cause })
  expect(finding.advice).not.toBeNull()
  // the other one has nothing to say, or says the same
  const other = found.find((one) => one !== finding)
  expect(other?.status === 'NO-GO', summary(found)).toBe(false)
})

test('one process: both checks are skipped in a line', async () => {
  const found = await findingsOf(runOf('managed'), { only: ['P1', 'P2'], run: (run) => ({ ...run, world: 1 }) })
  expect(found.map(({ status, title }) => `${status} ${title}`)).toEqual(
    Array(2).fill('SKIPPED one process; needs two'),
  )
  expect(verdictOf(found)).toBe('GO')
})
