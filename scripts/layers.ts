// Runs the layer rule of .dependency-cruiser.js over src/: exit 0 only if modules were read and none breaks it.
// It holds no rule itself. A folder as argument is looked at instead of this one: the test plants breaches in a copy.
import path from 'node:path'
import { cruise } from 'dependency-cruiser'
import config from '../.dependency-cruiser.js'

const baseDir = path.resolve(process.argv[2] ?? '.')
const { forbidden, options } = config
const { enhancedResolveOptions, ...cruiseOptions } = options
const { output } = await cruise(
  ['src'],
  { ...cruiseOptions, baseDir, validate: true, ruleSet: { forbidden }, outputType: 'json' },
  enhancedResolveOptions,
)
const { summary } = JSON.parse(String(output))
for (const { rule, from, to, cycle } of summary.violations) {
  const path = cycle === undefined ? to : cycle.map((step: { name: string }) => step.name).join(' → ')
  console.error(`${rule.name}: ${from} → ${path}`)
}

// Without a TypeScript it can use, the cruiser reads no .ts file and finds nothing wrong.
const modules: number = summary.totalCruised
if (modules === 0) console.error('layers: no module was read, so nothing is known')
else console.log(`layers: ${modules} modules, ${summary.violations.length} breaches`)
process.exitCode = modules > 0 && summary.violations.length === 0 ? 0 : 1
