// Everything a run depends on → the Plan: complete, frozen, fingerprinted. Pure: it reads no file and no clock.
// Checking the run file and the config came before; opening the experiment too.
import { dirname, join } from 'node:path'
import { dotted, leavesOf } from '../contract/dotted.ts'
import { GonogoError } from '../contract/errors.ts'
import type { Description, Facts } from '../contract/facts.ts'
import { anyOf, nearest } from '../contract/nearest.ts'
import type { Plan } from '../contract/plan.ts'
import type { RunFile } from '../contract/runFile.ts'
import type { Metric } from '../contract/task.ts'
import { fingerprintOf } from './fingerprint.ts'

export type Ingredients = {
  readonly run: RunFile
  /** The experiment's config with every default: it replaces `run.config`. */
  readonly config: Record<string, unknown>
  /** The run file, as the user named it. */
  readonly file: string
  /** The project's folder; runs/ lies in it. */
  readonly folder: string
  /** Absolute path of the experiment. */
  readonly experiment: string
  readonly description: Pick<Description, 'objective'>
  readonly facts: Pick<
    Facts,
    'task' | 'metrics' | 'steps' | 'stepsPerEpoch' | 'code' | 'packages' | 'data' | 'environment'
  >
  /** Dotted path → `file:line:column` relative to the run file, or `default`. */
  readonly origins: ReadonlyMap<string, string>
}

const objectiveOf = ({ run, description, facts, file, origins }: Ingredients): Metric => {
  const wanted = run.objective ?? description.objective
  const known = facts.metrics.map(({ name }) => name)
  const found = facts.metrics.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  const origin = origins.get('objective')
  // `accuracy` is near none of `val_accuracy` by letters, and meant all the same
  const near = known.find((name) => name.endsWith(`_${wanted}`)) ?? nearest(wanted, known)
  throw new GonogoError('PLAN_OBJECTIVE', `the experiment measures no ${wanted}`, {
    where: origin === undefined || origin === 'default' ? file : join(dirname(file), origin),
    seen: wanted,
    expected: anyOf(known),
    try: near === undefined ? undefined : `objective: ${near}`,
  })
}

/** Where each value came from; what the run file does not state is a default. */
const originsOf = (run: RunFile, origins: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...leavesOf(run)].map(({ path }) => [dotted(path), origins.get(dotted(path)) ?? 'default']))

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

/** The plan of a run. Throws PLAN_OBJECTIVE where the objective is none of the experiment's metrics. */
export const makePlan = (ingredients: Ingredients): Plan => {
  const { run, config, folder, experiment, facts, origins } = ingredients
  const complete = { ...run, config }
  const depends = {
    run: complete,
    objective: objectiveOf(ingredients),
    folder,
    code: facts.code,
    packages: facts.packages,
    data: facts.data,
    environment: facts.environment,
  }
  // a copy: freezing must not reach into what the caller handed in
  return frozen(
    structuredClone({
      gonogo: 1 as const,
      ...depends,
      experiment,
      task: facts.task,
      metrics: facts.metrics,
      steps: facts.steps,
      stepsPerEpoch: facts.stepsPerEpoch,
      origins: originsOf(complete, origins),
      fingerprint: fingerprintOf(depends),
    }),
  )
}
