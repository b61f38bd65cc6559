// What run.ts asks about runs that were made before: what has changed since, whose run it is.
// Not here: reading a journal or comparing plans; the rooms do that.
import { join } from 'node:path'
import { type Facts, GonogoError, type Plan } from './contract/index.ts'
import { differences, makePlan } from './plan/index.ts'
import type { RunFolder } from './record/index.ts'
import { projectRoot } from './surroundings.ts'

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
