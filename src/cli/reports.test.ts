// --junit and --html: written beside the terminal's own, and a place that cannot be written is told before a poll is made.
// Not what stands in them: report/ tests that.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(path.join(tmpdir(), 'gonogo-reports-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const root = path.resolve(import.meta.dirname, '../..')

const gonogo = (...words: string[]) => {
  const argv = ['--conditions=gonogo-source', path.join(root, 'src/cli/main.ts'), ...words]
  const ran = spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: root })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}
const file = 'tests/experiments/tiny/tiny.run.yaml'

test('one poll, three reports', () => {
  const [html, junit] = [path.join(folder, 'poll.html'), path.join(folder, 'poll.xml')]
  const { code, out, err } = gonogo('check', file, '--only', 'C1,O4', '--html', html, '--junit', junit, '--json')
  expect(code, err).toBe(0)
  expect(
    JSON.parse(out)
      .findings.map(({ check }: { check: string }) => check)
      .toSorted(),
  ).toEqual(['C1', 'O4'])
  expect(readFileSync(html, 'utf8')).toContain('One batch, again and again')
  expect(readFileSync(junit, 'utf8')).toContain('<testcase name="O4 overfit-one-batch" classname="optimisation"')
})

test('a folder that is not there is told at once, and nothing is polled', () => {
  const { code, out, err } = gonogo('check', file, '--junit', path.join(folder, 'none/poll.xml'))
  expect(code).toBe(2)
  expect(out).toBe('')
  expect(err).toContain('USAGE_REPORT_PATH')
  expect(existsSync(path.join(folder, 'none'))).toBe(false)
})
