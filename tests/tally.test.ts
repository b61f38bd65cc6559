// The counts that CI ends with, on reports as the runners write them.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gonogo-tally-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const vitest = (name: string, success: boolean, ...files: [status: string, ...tests: string[]][]) =>
  writeFileSync(
    path.join(folder, name),
    JSON.stringify({
      success,
      testResults: files.map(([status, ...tests]) => ({
        status,
        assertionResults: tests.map((each) => ({ status: each })),
      })),
    }),
  )
const pytest = (tests: number, failures: number, errors: number, skipped: number) =>
  writeFileSync(
    path.join(folder, 'pytest.xml'),
    `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="${errors}" ` +
      `failures="${failures}" skipped="${skipped}" tests="${tests}" time="0.1"></testsuite></testsuites>`,
  )
const green = () => {
  vitest('tests.json', true, ['passed', 'passed', 'passed', 'skipped'])
  vitest('slow.json', true, ['passed', 'passed'])
  vitest('torch.json', true, ['passed', 'passed'])
  pytest(5, 0, 0, 1)
}
const count = (...broken: string[]) => {
  const { status, stdout } = spawnSync(process.execPath, ['scripts/ci-count.ts', folder, ...broken], {
    cwd: root,
    encoding: 'utf8',
  })
  return { status, last: stdout.trimEnd().split('\n').at(-1) }
}

describe('the count of .ci/run', () => {
  test('adds every report', () => {
    green()
    expect(count()).toEqual({ status: 0, last: '8 passed, 0 failed, 2 skipped' })
  })
  test('counts failures and errors of pytest', () => {
    green()
    pytest(5, 1, 2, 0)
    expect(count('torch')).toEqual({ status: 1, last: '6 passed, 3 failed, 1 skipped' })
  })
  test('counts a file that could not be loaded', () => {
    green()
    vitest('slow.json', false, ['passed', 'passed'], ['failed'])
    expect(count('slow')).toEqual({ status: 1, last: '8 passed, 1 failed, 2 skipped' })
  })
  test('counts an error outside any test', () => {
    green()
    vitest('slow.json', false, ['passed', 'passed'])
    expect(count('slow')).toEqual({ status: 1, last: '8 passed, 1 failed, 2 skipped' })
  })
  test('counts a failed step that has no tests', () => {
    green()
    expect(count('check', 'start')).toEqual({ status: 1, last: '8 passed, 2 failed, 2 skipped' })
  })
  test('a suite without its report has failed', () => {
    green()
    rmSync(path.join(folder, 'slow.json'))
    expect(count()).toEqual({ status: 1, last: '7 passed, 1 failed, 2 skipped' })
  })
})
