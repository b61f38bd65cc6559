// The last line of .ci/run: counts over every report in a folder, and the steps that failed without a failing test.
// Usage: ci-count.ts REPORTS [FAILED STEP…]; exit 1 where anything failed or nothing ran.
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { sum, tallyLine, tallyOf } from './tally.ts'

/** Reports that each suite must leave. */
const expected = new Map([
  ['tests', ['tests.json']],
  ['slow', ['slow.json']],
  ['torch', ['torch.json', 'pytest.xml']],
])

const [folder = '.', ...brokenSteps] = process.argv.slice(2)
const present = new Set(readdirSync(folder))
const problems = [...brokenSteps]
for (const [step, reports] of expected) {
  const missing = reports.filter((report) => !present.has(report))
  if (missing.length > 0 && !problems.includes(step)) problems.push(step)
}

const total = sum(
  [...expected.values()]
    .flat()
    .filter((report) => present.has(report))
    .map((report) => tallyOf(path.join(folder, report))),
)
// A suite whose own report shows the failure is counted there; every other failed step counts as one.
const unseen = problems.filter((step) => {
  const reports = (expected.get(step) ?? []).filter((report) => present.has(report))
  return !reports.some((report) => tallyOf(path.join(folder, report)).failed > 0)
})
if (problems.length > 0) console.log(`failed: ${problems.join(', ')}`)
const counted = { ...total, failed: total.failed + unseen.length }
console.log(tallyLine(counted))
process.exitCode = counted.failed > 0 || counted.passed === 0 ? 1 : 0
