// Seeds by the name that a person types: a baseline, a run file's name with all its finished runs, or one run.
// Not their comparison.
import { comparableOf, differsIn, experimentKey, seedOf } from '../comparison.ts'
import { type BaselineSeed, type Comparable, GonogoError } from '../contract/index.ts'
import { bestOf, isFinished, type PastRun, pastRuns, readPast } from '../past.ts'
import { baselineNamed, openRun, readBaselines } from '../record/index.ts'

export type Side = {
  readonly name: string
  readonly comparable: Comparable
  readonly seeds: readonly BaselineSeed[]
  /** Empty where the side is a baseline: it outlives its runs. */
  readonly runs: readonly PastRun[]
}

/** Runs that ended as planned and have a value. */
const usable = (runs: readonly PastRun[]): PastRun[] => runs.filter((run) => isFinished(run) && bestOf(run) !== null)

/** All runs of one experiment, or an error that says in what they differ. */
export const oneExperiment = (runs: readonly PastRun[]): void => {
  const [first, ...rest] = runs
  if (first === undefined) return
  for (const run of rest) {
    const differs = differsIn(comparableOf(run.plan), comparableOf(first.plan))
    if (differs.length === 0 && experimentKey(run.plan) === experimentKey(first.plan)) continue
    throw new GonogoError('SEEDS_MIXED', 'these runs are not seeds of one experiment', {
      seen: `${first.run}, ${run.run}`,
      expected:
        differs.length > 0 ? `the same ${differs.join(', ')}` : 'the same code, data and run file but for the seed',
      try: `gonogo compare ${first.run} ${run.run}`,
    })
  }
  const seeds = new Set(runs.map(({ plan }) => plan.run.seed))
  if (seeds.size === runs.length) return
  throw new GonogoError('SEEDS_TWICE', 'a seed is there twice: it would count as two', {
    seen: runs.map(({ run, plan }) => `${run} (seed ${plan.run.seed})`).join(', '),
    expected: 'one run a seed',
  })
}

/** The newest run of each seed. */
const newestOfEachSeed = (runs: readonly PastRun[]): PastRun[] => [
  ...new Map(runs.map((run) => [run.plan.run.seed, run])).values(),
]

const sideOf = async (name: string, runs: readonly PastRun[]): Promise<Side> => ({
  name,
  comparable: comparableOf(runs[0]!.plan),
  seeds: await Promise.all(runs.map(seedOf)),
  runs,
})

export const namedSide = async (root: string, name: string, earlier?: readonly PastRun[]): Promise<Side> => {
  const baseline = baselineNamed(await readBaselines(root), name)
  if (baseline !== null) {
    const { comparable, seeds, version } = baseline
    return { name: `${baseline.name}@${version}`, comparable, seeds, runs: [] }
  }
  const all = earlier ?? (await pastRuns(root))
  const own = usable(all.filter(({ plan }) => plan.run.name === name))
  const latest = own.at(-1)
  if (latest !== undefined)
    return sideOf(name, newestOfEachSeed(own.filter(({ plan }) => experimentKey(plan) === experimentKey(latest.plan))))
  const run = await readPast(await openRun(root, name))
  if (usable([run]).length === 1) return sideOf(run.run, [run])
  throw new GonogoError('RUN_UNFINISHED', 'this run did not come to its end', {
    where: run.run,
    seen: run.ended?.sentence ?? 'no end on record',
    expected: 'a run that trained all its steps and has a value',
    try: `gonogo resume ${run.run}`,
  })
}
