// What a run is compared with: the baseline its run file names, whether the two may be compared, what the project's history adds.
// Not the rule: decide/ judges; and not the baselines' file, which record/ keeps.
import { createHash } from 'node:crypto'
import {
  type BaselineSeed,
  type Beginning,
  type Comparable,
  canonicalJson,
  GonogoError,
  type OpenRequest,
  type Plan,
} from './contract/index.ts'
import {
  type Comparison,
  constantsOf,
  learned,
  profileOf,
  schedulesDiffer,
  seedNoise,
  shapeOf,
  shapePoints,
  shapeSteps,
} from './decide/index.ts'
import type { Engine } from './engine/index.ts'
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
    sweep: _sweep,
    seeds: _seeds,
    ...run
  } = plan.run
  return canonicalJson({ code: plan.fingerprint.code, data: plan.fingerprint.data, steps: plan.steps, run })
}

/** Steps whose loss a baseline keeps: as many as a poll takes live. */
const beginning = 60

/** The shape of the learning rate that a past run had, and how it began; null where its journal tells none. */
const stepsOfRun = async ({ journal, plan }: PastRun): Promise<Pick<BaselineSeed, 'schedule' | 'start'>> => {
  const { readSteps } = await import('./record/index.ts')
  const shape = new Set(shapeSteps(plan.steps))
  const steps = await readSteps(journal, (step) => step <= beginning || shape.has(step))
  const start: [number, number][] = []
  for (let found = steps.get(1); found !== undefined && start.length < beginning; found = steps.get(start.length + 1))
    start.push([found.loss, found.rate])
  const rates = [...steps].flatMap(([step, { rate }]) => (shape.has(step) ? [{ step, rate }] : []))
  return { schedule: shapeOf(rates, plan.steps)?.map((v) => v) ?? null, start: start.length > 0 ? start : null }
}

/** What the first steps of a run are held against; undefined where its run file names no baseline. */
export const beginningOf = async (plan: Plan, root: string): Promise<Beginning | undefined> => {
  const { baseline } = plan.run.stop
  if (baseline === null) return undefined
  const { name, comparable, seeds } = await namedBaseline(root, baseline)
  return { name, seeds, differs: differsIn(comparableOf(plan), comparable) }
}

/**
 * The shape that an experiment is going to have; null where its engine cannot tell, or only guesses. Asked of a subject of its own,
 * because some engines take steps to find out, and the one that trains must not have been looked at. A question that
 * cannot be answered is no reason to end a run: it is then compared without.
 */
export const plannedShape = async (
  engine: Pick<Engine, 'concurrency' | 'open'>,
  request: OpenRequest,
): Promise<readonly number[] | null> => {
  if (engine.concurrency === 'one') return null
  try {
    await using subject = await engine.open(request)
    if (subject.facts.can.schedule !== 'yes') return null
    const { points, steps, doubt } = await subject.schedule({ points: shapePoints })
    if (doubt !== null) return null
    return shapeOf(
      points.map(({ step, rates }) => ({ step, rate: Math.max(...Object.values(rates).flat()) })),
      steps,
    )
  } catch (error) {
    if (error instanceof GonogoError) return null
    throw error
  }
}

export const seedOf = async (run: PastRun): Promise<BaselineSeed> => ({
  run: run.run,
  seed: run.plan.run.seed,
  fingerprint: run.plan.fingerprint.whole,
  curve: run.curve.map(({ fraction, value }) => [fraction, value]),
  best: bestOf(run) ?? Number.NaN,
  ...(await stepsOfRun(run)),
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
  return { name: run.run, comparable: comparableOf(run.plan), seeds: [await seedOf(run)] }
}

/** Of the winners; the design's 1% needs a hundred of them, and with fewer the smallest lag seen is taken. */
const alpha = 0.01

/** Undefined where the run file names no baseline, or the baseline has no curve. */
export const comparisonOf = async (
  plan: Plan,
  root: string,
  run: string,
  shape: () => Promise<readonly number[] | null>,
): Promise<Comparison | undefined> => {
  const { stop } = plan.run
  if (stop.baseline === null) return undefined
  const named = await namedBaseline(root, stop.baseline)
  const own = await shape()
  const scheduled = named.seeds.some(
    ({ schedule }) => own !== null && schedule !== null && schedulesDiffer(own, schedule),
  )
  const differs = [
    ...differsIn(comparableOf(plan), named.comparable),
    ...(scheduled ? ['kind of learning-rate schedule'] : []),
  ]
  const { direction } = plan.objective
  const like = (await pastRuns(root)).filter(
    (past) =>
      past.run !== run && isFinished(past) && differsIn(comparableOf(past.plan), comparableOf(plan)).length === 0,
  )
  const groups = [...Map.groupBy(like, ({ plan: past }) => experimentKey(past)).values()]
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
  const history = learned({ direction, profile, finished, constants: constantsOf(stop.benchmark), alpha })
  return { name: named.name, profile, differs, learned: history, audited: isAudited(run, stop.benchmark.audit) }
}

/** Drawn from the run's name: the same at every resume, and nobody's choice. */
const isAudited = (run: string, share: number): boolean =>
  createHash('sha256').update(run).digest().readUInt32BE(0) / 2 ** 32 < share
