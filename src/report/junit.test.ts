// The JUnit file: well formed whatever findings hold, one case a check, counts that add up.
// Read back here by its own rules, since what reads it elsewhere is not ours.
import { expect, test } from 'vitest'
import { junitXml } from './junit.ts'
import { finding, plan, poll } from './report.fixture.ts'

const xml = (findings: typeof poll) =>
  junitXml({ findings, seconds: 17.3, loadSeconds: 4 }, plan, '2026-01-01T00:00:00Z')

test('one case a check; NO-GO fails, SKIPPED and WAIVED are skipped, the rest pass', () => {
  const text = xml(poll)
  const count = (name: string) => text.match(new RegExp(`<${name}[ >]`, 'g'))?.length ?? 0
  const of = (...statuses: string[]) => poll.filter(({ status }) => statuses.includes(status)).length
  expect(count('testcase')).toBe(poll.length)
  expect(count('failure')).toBe(of('NO-GO'))
  expect(count('skipped')).toBe(of('SKIPPED', 'WAIVED'))
  expect(text).toContain(
    `tests="${poll.length}" failures="${of('NO-GO')}" errors="0" skipped="${of('SKIPPED', 'WAIVED')}"`,
  )
  expect(text).toMatch(/<testcase name="K1 resume-equivalence" classname="checkpoints" time="\d+\.\d{3}"/)
})

test('text of strangers stays text, and every tag is closed', () => {
  const attack = `"/></testcase><script>]]>&\u0000\u202e'`
  const text = xml([
    finding({ status: 'NO-GO', cause: 'crashed', title: attack, seen: attack, where: `${attack}:3:1` }),
  ])
  expect(text).not.toMatch(/<script|\u202e/)
  expect(text.includes('\u0000')).toBe(false)
  const open: string[] = []
  for (const [, close, name = '', own] of text.matchAll(/<(\/?)([a-z-]+)(?:\s[^<>]*?)?(\/?)>/g))
    if (close) expect(open.pop()).toBe(name)
    else if (!own) open.push(name)
  expect(open).toEqual([])
})
