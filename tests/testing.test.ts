// gonogo/testing as a project uses it: real suites in a Vitest of their own, read through its JSON report.
// Not the checks: those are tested in src/preflight/.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { poll } from 'gonogo/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

const suites = path.join(import.meta.dirname, 'testing-suites')

type Result = { readonly title: string; readonly status: string; readonly failureMessages: readonly string[] }
type File = {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: Result[]
}

const files = new Map<string, File>()
let output = ''
const folder = mkdtempSync(path.join(tmpdir(), 'gonogo-testing-'))
beforeAll(() => {
  const report = path.join(folder, 'report.json')
  const vitest = path.join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: suites,
    env: { ...process.env, NO_COLOR: '1', VITEST: undefined, VITEST_WORKER_ID: undefined, VITEST_POOL_ID: undefined },
    encoding: 'utf8',
  })
  output = stdout + stderr
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: File[] }
  for (const file of testResults) files.set(path.basename(file.name, '.suite.ts'), file)
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const results = (name: string) => new Map(files.get(name)?.assertionResults.map((each) => [each.title, each]))
const statuses = (name: string) => Object.fromEntries([...results(name)].map(([title, { status }]) => [title, status]))

test('GO passes, a skipped check is skipped', () => {
  expect(statuses('healthy'), output).toEqual({
    'C1 strict-config': 'passed',
    'I1 chance-level': 'passed',
    'K5 portable-weights': 'skipped',
  })
})

test('NO-GO fails with the finding as the terminal shows it', () => {
  expect(statuses('broken'), output).toEqual({
    'C1 strict-config': 'passed',
    'I1 chance-level': 'failed',
    'K5 portable-weights': 'skipped',
  })
  const message = results('broken').get('I1 chance-level')?.failureMessages.join('\n') ?? ''
  expect(message).toMatch(/^NO-GO {3}I1 {2}\S/m)
  expect(message).toMatch(/^ {2}seen {6}.*\d/m)
  expect(message).toMatch(/^ {2}expected {2}.*\d/m)
  expect(message).not.toContain('node_modules')
})

test('checks of the project itself: one test each where they are named, and one for all others', () => {
  const said = results('own')
  expect(said.get('own/learns-early learns-early')?.status, output).toBe('passed')
  expect(said.get('own/needs-a-gpu needs-a-gpu')?.status).toBe('skipped')
  const others = said.get('own checks of the project')
  expect(others?.status).toBe('failed')
  expect(others?.failureMessages.join('\n')).toMatch(/^NO-GO {3}own\/classes-balanced {2}one class has most/m)
})

test('a run file that cannot be read fails once, with the line and the nearest key', () => {
  expect([...results('unreadable').values()].filter(({ status }) => status === 'passed')).toEqual([])
  expect(files.get('unreadable')?.status).toBe('failed')
  expect(output).toMatch(/CONFIG_UNKNOWN_KEY {2}.*unreadable\.run\.yaml:5:3/)
  expect(output).toMatch(/try +gain/)
})

test('poll gives the findings themselves', async () => {
  const findings = await poll(path.join(suites, 'broken.run.yaml'), { only: ['I1'] })
  expect(findings.find(({ check }) => check === 'I1')).toMatchObject({
    status: 'NO-GO',
    cause: 'initialisation-too-large',
  })
})
