// What run.ts asks about runs that were made before: the curve to be shown beside, what has changed since, whose run it is.
// Not here: reading a journal or comparing plans; the rooms do that.
import { join } from 'node:path'
import { type Facts, GonogoError, type Plan } from './contract/index.ts'
import type { BaselinePoint } from './decide/index.ts'
import { differences, makePlan } from './plan/index.ts'
import type { RunFolder } from './record/index.ts'
import { projectRoot } from './surroundings.ts'

/** The curve of the run that `stop.baseline` names: fraction of its budget → value of the objective. */
export const baselineOf = async (
  plan: Plan,
  root: string,
): Promise<{ name: string; curve: BaselinePoint[] } | undefined> => {
  const name = plan.run.stop.baseline
  if (name === null) return undefined
  const { effective, findRun, readJournal } = await import('./record/index.ts')
  const run = await findRun(root, name)
  const { entries } = await readJournal(run.journal)
  const events = effective(entries.map(({ event }) => event))
  const started = events.find((event) => event.type === 'started')
  const curve = events.flatMap((event) => {
    const value = event.type === 'evaluated' ? event.metrics[plan.objective.name] : undefined
    return value === undefined || !started || event.type !== 'evaluated'
      ? []
      : [{ fraction: event.step / started.steps, value }]
  })
  return { name: run.run, curve }
}

/** What differs from when the run began, one line a part: a resume is then no longer bitwise. */
export const changesSince = (begun: Plan, plan: Plan, facts: Facts): string[] => {
  const { run, folder, experiment, objective } = plan
  const now = makePlan({
    run,
    config: run.config,
    file: experiment,
    folder,
    experiment,
    description: { objective: objective.name },
    facts,
    origins: new Map(),
  })
  const found = Map.groupBy(differences(begun, now), ({ part }) => part)
  return [...found].map(
    ([part, list]) => `${part} changed since the run began: ${[...new Set(list.map(({ path }) => path))].join(', ')}`,
  )
}

/** A run folder received from elsewhere must not make us execute what its plan names. */
export const insideProject = async (plan: Plan, run: RunFolder): Promise<void> => {
  const home = await projectRoot(join(run.path, '..', '..'))
  if (plan.folder === home && plan.experiment.startsWith(home)) return
  throw new GonogoError('RUN_FOREIGN', 'this run was made in another project', {
    where: run.path,
    seen: plan.experiment,
    expected: `an experiment under ${home}`,
    try: 'gonogo train on a run file of this project',
  })
}
