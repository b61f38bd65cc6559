// Everything that must hold before a change is taken, one step after the other, until one fails.
// Not the slow suites: those are test:slow and test:torch. `--without tests` leaves out what has just passed.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const steps = [
  ['types', 'types'],
  ['lint', 'lint'],
  ['layers', 'layers'],
  ['dead code', 'deadcode'],
  ['tests', 'test'],
  ['build', 'build'],
  ['package', 'package:check'],
] as const

const { values } = parseArgs({ options: { without: { type: 'string', multiple: true, default: [] } } })
const names = steps.map(([name]) => name as string)
for (const name of values.without) {
  if (names.includes(name)) continue
  console.error(`check: no step is called ${name}; there are ${names.join(', ')}`)
  process.exit(2)
}

const line = (mark: string, name: string, rest: string) => console.log(`${mark.padEnd(6)}${name.padEnd(10)} ${rest}`)

for (const [name, script] of steps) {
  if (values.without.includes(name)) {
    line('SKIP', name, 'left out by --without')
    continue
  }
  const start = performance.now()
  const { status, error } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit' })
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`
  if (status !== 0) {
    line('FAIL', name, `${seconds}  npm run ${script}${error === undefined ? '' : `: ${error.message}`}`)
    process.exit(1)
  }
  line('PASS', name, seconds)
}
