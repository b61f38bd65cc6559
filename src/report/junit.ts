// A poll as a JUnit file, which CI systems read: one test case a check, in a suite named after the run.
// NO-GO is a failure, SKIPPED and WAIVED are skipped with their reason; WARN passes, with what it warns of in its output.
import { type Finding, type Plan, wordOf } from '../contract/index.ts'
import { escapeHtml } from './escape.ts'
import { familyOf } from './families.ts'
import { findingLines, headerOf, titleOf } from './findings.ts'
import { plain } from './look.ts'

/** Every line by itself: what printable() does to a line break must not happen to the breaks between lines. */
const text = (lines: readonly string[]): string => lines.map(escapeHtml).join('\n')

const seconds = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '0.000')

const caseOf = (f: Finding): string => {
  const name = escapeHtml(`${f.check} ${wordOf(f.check)}${f.tier === undefined ? '' : ` (${f.tier})`}`)
  const place = /^(.*?):(\d+)/.exec(f.where ?? '')
  const where = place ? ` file="${escapeHtml(place[1] ?? '')}" line="${place[2]}"` : ''
  const opening = `    <testcase name="${name}" classname="${escapeHtml(familyOf(f.check))}" time="${seconds(f.seconds)}"${where}`
  const lines = findingLines(f, plain)
  switch (f.status) {
    case 'GO':
      return `${opening}/>`
    case 'NO-GO':
      return `${opening}>\n      <failure message="${escapeHtml(titleOf(f))}" type="${escapeHtml(f.cause ?? 'no-go')}">${text(lines)}</failure>\n    </testcase>`
    case 'WARN':
      return `${opening}>\n      <system-out>${text(lines)}</system-out>\n    </testcase>`
    case 'SKIPPED':
    case 'WAIVED':
      return `${opening}>\n      <skipped message="${escapeHtml(titleOf(f))}"/>\n    </testcase>`
    default:
      return f.status satisfies never
  }
}

/** `time`: when the poll ended, ISO. */
export const junitXml = (
  { findings, seconds: took, loadSeconds }: { findings: readonly Finding[]; seconds: number; loadSeconds: number },
  plan: Plan,
  time: string,
): string => {
  const { name, on, seed, fingerprint } = headerOf(plan)
  const failures = findings.filter(({ status }) => status === 'NO-GO').length
  const skipped = findings.filter(({ status }) => status === 'SKIPPED' || status === 'WAIVED').length
  const counts = `tests="${findings.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds(took)}"`
  const properties = { on: on.join(', '), seed: String(seed), plan: fingerprint, 'load seconds': seconds(loadSeconds) }
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gonogo" ${counts}>
  <testsuite name="${escapeHtml(`preflight of ${name}`)}" ${counts} timestamp="${escapeHtml(time)}">
    <properties>${Object.entries(properties)
      .map(([key, value]) => `<property name="${key}" value="${escapeHtml(value)}"/>`)
      .join('')}</properties>
${findings.map(caseOf).join('\n')}
  </testsuite>
</testsuites>
`
}
