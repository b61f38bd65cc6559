// Runs the tests that need PyTorch: Vitest over tests/torch, and pytest beside it. Makes the Python for them first.
// Reports go to GONOGO_REPORTS where that is set; counts are printed at the end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sum, type Tally, tallyLine, tallyOf } from './tally.ts'
import { torchPython } from './torch-env.ts'

const start = performance.now()
const python = await torchPython().catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
const prepared = performance.now()

const kept = process.env.GONOGO_REPORTS
const reports = kept ?? mkdtempSync(path.join(tmpdir(), 'gonogo-reports-'))
mkdirSync(reports, { recursive: true })
const env = { ...process.env, GONOGO_TEST_PYTHON: python }

/** `log`: where its output is kept until it has ended, so that two suites do not write into each other's lines. */
const suite = async (
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  report: string,
  log?: string,
): Promise<Tally> => {
  rmSync(report, { force: true })
  const out = log === undefined ? 'inherit' : openSync(log, 'w')
  const [status] = await once(spawn(command, args, { env, stdio: ['ignore', out, out] }), 'exit')
  if (log !== undefined && out !== 'inherit') {
    closeSync(out)
    console.log(readFileSync(log, 'utf8'))
  }
  const tally = existsSync(report) ? tallyOf(report) : { passed: 0, failed: 1, skipped: 0 }
  // A suite that ran nothing, or that says no more than "not zero", has failed.
  const silent = tally.failed === 0 && (status !== 0 || tally.passed === 0)
  const counted = silent ? { ...tally, failed: 1 } : tally
  console.log(`test:torch: ${name} ${tallyLine(counted)}`)
  return counted
}

const json = path.join(reports, 'torch.json')
const xml = path.join(reports, 'pytest.xml')
const named = process.argv.slice(2)
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.torch.config.ts', ...named]
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${json}`]
const pytest = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${xml}`, 'tests/torch']
// At once: each of them waits for processes most of the time.
const suites = await Promise.all([
  suite('vitest', [process.execPath, ...vitest, ...reporters], json),
  suite('pytest', [python, ...pytest], xml, path.join(reports, 'pytest.log')),
])
const total = sum(suites)
const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(0)} s`
console.log(
  `test:torch: ${tallyLine(total)}; environment ${seconds(start, prepared)}, tests ${seconds(prepared, performance.now())}`,
)
if (kept === undefined) rmSync(reports, { recursive: true, force: true })
process.exitCode = total.failed > 0 ? 1 : 0
