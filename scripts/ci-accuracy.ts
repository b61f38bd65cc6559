// What `npm start` has just reached, asked of the command line as a person would: `runs --json`, then `show --json`.
// Usage: ci-accuracy.ts LEAST; exit 1 where the newest run of the example has not ended at that test accuracy.
import { execFileSync } from 'node:child_process'

type Runs = { readonly runs: readonly { readonly run: string; readonly created: string }[] }
type Shown = {
  readonly state: string
  readonly events: readonly { readonly type: string; readonly metrics?: Readonly<Record<string, number>> }[]
}

const gonogo = (...words: string[]): unknown =>
  JSON.parse(
    execFileSync('npm', ['run', '-s', 'gonogo', '--', ...words, '--json'], { encoding: 'utf8', maxBuffer: 2 ** 28 }),
  )

const least = Number(process.argv[2])
const { runs } = gonogo('runs') as Runs
const newest = runs
  .filter(({ run }) => run.startsWith('mnist-cnn-'))
  .reduce<Runs['runs'][number] | undefined>((a, b) => (a === undefined || a.created < b.created ? b : a), undefined)
if (newest === undefined) throw new Error('there is no run of the example: npm start comes first')
const { state, events } = gonogo('show', newest.run) as Shown
const accuracy = events.findLast(({ type }) => type === 'ended')?.metrics?.test_accuracy
console.log(`${newest.run}: ${state}, test_accuracy ${accuracy}, at least ${least} expected`)
process.exitCode = state === 'done' && accuracy !== undefined && accuracy >= least ? 0 : 1
