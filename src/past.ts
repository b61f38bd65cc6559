// Finished and unfinished runs of a project as later ones need them: plan, curve, decisions, end. Read from their folders.
// It judges nothing: comparison.ts says what may be compared, decide/ by how much.
import { readFile } from 'node:fs/promises'
import { fromJson, type Plan, plan as planSchema, type RunEvent, type RunEventOf } from './contract/index.ts'
import type { BaselineCurve } from './decide/index.ts'
import type { RunFolder } from './record/index.ts'

export type PastRun = {
  readonly run: string
  /** Path of its journal: for what only a few of those who ask need. */
  readonly journal: string
  readonly plan: Plan
  /** Share of the budget → value of the run's own objective. */
  readonly curve: BaselineCurve
  readonly preflight: RunEventOf<'preflight'> | null
  readonly decisions: readonly RunEventOf<'decided'>[]
  readonly ended: RunEventOf<'ended'> | null
}

const needed: ReadonlySet<RunEvent['type']> = new Set(['preflight', 'resumed', 'evaluated', 'decided', 'ended'])

const typed = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T) =>
  events.filter((event): event is RunEventOf<T> => event.type === type)

/** `events`: those that count, steps or not. */
export const pastOf = (
  folder: Pick<RunFolder, 'run' | 'journal'>,
  plan: Plan,
  events: readonly RunEvent[],
): PastRun => {
  const curve = typed(events, 'evaluated').flatMap(({ step, metrics }) => {
    const value = Object.hasOwn(metrics, plan.objective.name) ? metrics[plan.objective.name] : undefined
    // before the first step a run is what its seed made it
    return value === undefined || step === 0 ? [] : [{ fraction: step / plan.steps, value }]
  })
  return {
    run: folder.run,
    journal: folder.journal,
    plan,
    curve,
    preflight: typed(events, 'preflight').at(-1) ?? null,
    decisions: typed(events, 'decided'),
    ended: typed(events, 'ended').at(-1) ?? null,
  }
}

/** The plan of a run folder. Throws what a damaged file makes reading it throw. */
export const readPlanOf = async (folder: Pick<RunFolder, 'plan'>): Promise<Plan> =>
  planSchema.parse(fromJson(await readFile(folder.plan, 'utf8')))

/** Throws what a damaged folder makes reading it throw. */
export const readPast = async (folder: RunFolder): Promise<PastRun> => {
  const { effective, readJournal } = await import('./record/index.ts')
  const plan = await readPlanOf(folder)
  const { entries } = await readJournal(folder.journal, { only: needed })
  return pastOf(folder, plan, effective(entries.map(({ event }) => event)))
}

/** The newest runs of a project, oldest first; a folder that cannot be read is left out. */
export const pastRuns = async (root: string, newest = 500): Promise<PastRun[]> => {
  const { findRun, runNames } = await import('./record/index.ts')
  const folders = await Promise.all((await runNames(root)).map((name) => findRun(root, name).catch(() => null)))
  const known = folders.filter((folder) => folder !== null).sort((a, b) => (a.created < b.created ? -1 : 1))
  const runs: PastRun[] = []
  for (const folder of known.slice(-newest)) {
    const run = await readPast(folder).catch(() => null)
    if (run !== null) runs.push(run)
  }
  return runs
}

export const isFinished = (run: PastRun): boolean => run.ended?.reason === 'length-reached'

/** Best finite value of the run's objective; null where there is none. */
export const bestOf = ({ curve, plan }: PastRun): number | null => {
  const values = curve.map(({ value }) => value).filter(Number.isFinite)
  if (values.length === 0) return null
  return plan.objective.direction === 'max' ? Math.max(...values) : Math.min(...values)
}
