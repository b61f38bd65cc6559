// What a run is compared with: the baseline its run file names, whether the two may be compared, what the project's history adds.
// Not the rule: decide/ judges; and not the baselines' file, which record/ keeps.
import { createHash } from 'node:crypto'
import { type BaselineSeed, type Comparable, canonicalJson, GonogoError, type Plan } from './contract/index.ts'
import { type Comparison, constantsOf, learnedLag, profileOf, seedNoise } from './decide/index.ts'
import { bestOf, isFinished, type PastRun, pastRuns, readPast } from './past.ts'

export const comparableOf = (plan: Plan): Comparable => ({
  objective: plan.objective,
  data: plan.data.find(({ split }) => split === 'val')?.sha256 ?? null,
  evaluation: createHash('sha256')
    .update(canonicalJson({ task: plan.task, metrics: plan.metrics }))
    .digest('hex'),
  steps: plan.steps,
  batchSize: plan.run.train.batch_size,
})

/** In what two runs ask different questions, a few words each; empty where they may be compared. */
export const differsIn = (a: Comparable, b: Comparable): string[] => [
  ...(canonicalJson(a.objective) === canonicalJson(b.objective)
    ? []
    : [`objective (${a.objective.name}, ${b.objective.name})`]),
  ...(a.data === b.data ? [] : ['validation data']),
  ...(a.evaluation === b.evaluation ? [] : ['task or metrics']),
  ...(a.steps * a.batchSize === b.steps * b.batchSize
    ? []
    : [`budget (${a.steps} and ${b.steps} steps of ${a.batchSize} and ${b.batchSize})`]),
]

/** Everything of a plan but the seed: runs that agree in it are seeds of one experiment. */
export const experimentKey = (plan: Plan): string => {
  const {
    seed: _,
    name: _name,
    stop: _stop,
    checkpoint: _checkpoint,
    preflight: _preflight,
    threads: _threads,
    ...run
  } = plan.run
  return canonicalJson({ code: plan.fingerprint.code, data: plan.fingerprint.data, steps: plan.steps, run })
}

export const seedOf = (run: PastRun): BaselineSeed => ({
  run: run.run,
  seed: run.plan.run.seed,
  fingerprint: run.plan.fingerprint.whole,
  curve: run.curve.map(({ fraction, value }) => [fraction, value]),
  best: bestOf(run) ?? Number.NaN,
})

type Named = { readonly name: string; readonly comparable: Comparable; readonly seeds: readonly BaselineSeed[] }

/** A baseline by name or name@version, or else a run. */
export const namedBaseline = async (root: string, name: string): Promise<Named> => {
  const { baselineNamed, findRun, readBaselines } = await import('./record/index.ts')
  const found = baselineNamed(await readBaselines(root), name)
  if (found !== null)
    return { name: `${found.name}@${found.version}`, comparable: found.comparable, seeds: found.seeds }
  if (name.includes('@'))
    throw new GonogoError('BASELINE_NOT_FOUND', 'no baseline has this name and version', {
      seen: name,
      try: 'gonogo baseline list',
    })
  const run = await readPast(await findRun(root, name))
  return { name: run.run, comparable: comparableOf(run.plan), seeds: [seedOf(run)] }
}

/** Of the winners; the design's 1% needs a hundred of them, and with fewer the smallest lag seen is taken. */
const alpha = 0.01

/** Undefined where the run file names no baseline, or the baseline has no curve. */
export const comparisonOf = async (plan: Plan, root: string, run: string): Promise<Comparison | undefined> => {
  const { stop } = plan.run
  if (stop.baseline === null) return undefined
  const named = await namedBaseline(root, stop.baseline)
  const differs = differsIn(comparableOf(plan), named.comparable)
  const { direction } = plan.objective
  const like = (await pastRuns(root)).filter(
    (past) =>
      past.run !== run && isFinished(past) && differsIn(comparableOf(past.plan), comparableOf(plan)).length === 0,
  )
  const groups = [...Map.groupBy(like, ({ plan: own }) => experimentKey(own)).values()]
  const curves = named.seeds.map(({ curve }) => curve.map(([fraction, value]) => ({ fraction, value })))
  const profile = profileOf({
    direction,
    curves,
    project: seedNoise(
      direction,
      groups.map((group) => group.map(({ curve }) => curve)),
    ),
  })
  if (profile === null) return undefined
  const finished = like.map(({ curve }) => curve)
  const lag = learnedLag({ direction, profile, finished, constants: constantsOf(stop.benchmark), alpha })
  return { name: named.name, profile, differs, lag, audited: isAudited(run, stop.benchmark.audit) }
}

/** Drawn from the run's name: the same at every resume, and nobody's choice. */
const isAudited = (run: string, share: number): boolean =>
  createHash('sha256').update(run).digest().readUInt32BE(0) / 2 ** 32 < share
