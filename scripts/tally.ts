// Counts what passed, failed and was skipped in Vitest JSON and JUnit XML reports (pytest writes those).
// Not a reporter: it reads what the test runners wrote, and knows nothing of the tests.
import { readFileSync } from 'node:fs'

export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number }

type VitestReport = {
  readonly success: boolean
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

const ofVitest = (text: string): Tally => {
  const report = JSON.parse(text) as VitestReport
  const statuses = report.testResults.flatMap((file) => file.assertionResults.map(({ status }) => status))
  const count = (status: string) => statuses.filter((each) => each === status).length
  // A file that cannot even be loaded has no tests to fail.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length
  const failed = count('failed') + broken
  const passed = count('passed')
  // Errors outside any test fail the run too.
  return {
    passed,
    failed: failed === 0 && !report.success ? 1 : failed,
    skipped: statuses.length - passed - count('failed'),
  }
}

const ofJUnit = (text: string): Tally => {
  const sum = (name: string) =>
    [...text.matchAll(/<testsuite\b[^>]*>/g)].reduce(
      (total, [suite]) => total + Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0),
      0,
    )
  const failed = sum('failures') + sum('errors')
  const skipped = sum('skipped')
  return { passed: sum('tests') - failed - skipped, failed, skipped }
}

export const tallyOf = (file: string): Tally => {
  const text = readFileSync(file, 'utf8')
  return file.endsWith('.xml') ? ofJUnit(text) : ofVitest(text)
}

export const sum = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
    { passed: 0, failed: 0, skipped: 0 },
  )

/** `12 passed, 0 failed`, and `, 2 skipped` where some were. */
export const tallyLine = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
