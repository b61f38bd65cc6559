// The runs of a project as a board holds them: each journal followed from where it was read last, its milestones in memory.
// Not points of curves, which only a run that is looked at has; and nothing here writes, or imports an experiment.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type BaselineFile, GonogoError, type Plan, type RunEvent } from '../contract/index.ts'
import { type PastRun, pastOf, readPlanOf } from '../past.ts'
import {
  baselinesPath,
  effective,
  followJournal,
  type LineHead,
  parseEvent,
  type RunFolder,
  type RunSummary,
  readBaselines,
  readRunFolder,
  runNames,
  runsFolder,
  summaryOf,
} from '../record/index.ts'
import { type Points, pointsOf } from './points.ts'

/** A run as far as it is known. */
export type Known = {
  readonly run: string
  readonly summary: RunSummary
  readonly plan: Plan | null
  /** Those that count, and of the steps the last. */
  readonly events: readonly RunEvent[]
  /** Null without a plan. */
  readonly past: PastRun | null
}

export type Project = {
  readonly root: string
  readonly runs: ReadonlyMap<string, Known>
  /** Resolves when the runs have been read once; begins with it where nobody has. */
  ready(): Promise<void>
  /** Reads what is new. Resolves to the names of runs that are not as they were, or are gone. */
  refresh(): Promise<ReadonlySet<string>>
  /** As they are now; empty where the file cannot be read. */
  baselines(): BaselineFile
  /** Every point of a run's curves; null where there is no such run. */
  points(run: string): Promise<Points | null>
}

type Followed = {
  readonly folder: RunFolder
  readonly look: () => Promise<boolean>
  /** Milestones in order, as recorded. */
  readonly milestones: RunEvent[]
  /** Text of the latest group of steps, where no milestone has come after it. */
  lastSteps: string | null
  fault: GonogoError | null
  plan: Plan | null
}

const follow = (folder: RunFolder, plan: Plan | null): Followed => {
  const follower = followJournal(folder.journal)
  const milestones: RunEvent[] = []
  // held for one look alone: it keeps the whole piece of the file that it was found in
  let latest: LineHead | null = null
  const followed: Followed = {
    folder,
    milestones,
    plan,
    lastSteps: null,
    fault: null,
    look: async () => {
      try {
        return await follower.look({
          anew: () => {
            milestones.length = 0
            latest = null
            followed.lastSteps = null
          },
          line: (line) => {
            if (line.type === 'steps') {
              latest = line
              return
            }
            latest = null
            followed.lastSteps = null
            const event = parseEvent(line.json())
            if (event !== null) milestones.push(event)
          },
        })
      } finally {
        followed.lastSteps = latest?.json() ?? followed.lastSteps
        latest = null
      }
    },
  }
  return followed
}

/** Runs whose points stay in memory: as many as anybody compares at once. */
const mostPoints = 64

/** Runs whose folders are looked at side by side. */
const atOnce = 16

const unreadable = (run: string, path: string, error: GonogoError): Known => ({
  run,
  plan: null,
  events: [],
  past: null,
  summary: {
    run,
    path,
    state: 'unreadable',
    created: null,
    epoch: 0,
    step: 0,
    epochs: null,
    steps: null,
    objective: null,
    why: `${error.message}: ${error.seen ?? error.code}`,
  },
})

const told = (error: unknown): GonogoError =>
  error instanceof GonogoError
    ? error
    : new GonogoError('RUN_UNREADABLE', 'this run cannot be read', {
        seen: error instanceof Error ? error.message : String(error),
        cause: error,
      })

const knownOf = async (followed: Followed): Promise<Known> => {
  const { folder, plan, milestones, lastSteps, fault } = followed
  if (fault !== null) return unreadable(folder.run, folder.path, fault)
  const last = lastSteps === null ? null : parseEvent(lastSteps)
  const events = effective(last === null ? milestones : [...milestones, last])
  return {
    run: folder.run,
    plan,
    events,
    summary: await summaryOf(folder, events),
    past: plan === null ? null : pastOf(folder, plan, events),
  }
}

/** Follows the runs under `root`; nothing is read before the first `refresh`. */
export const openProject = (root: string): Project => {
  const followed = new Map<string, Followed>()
  const runs = new Map<string, Known>()
  /** In the order in which they were asked for last. */
  const pointed = new Map<string, { readonly points: Points; look(): Promise<boolean> }>()
  let baselines: BaselineFile = { gonogo: 1, baselines: [] }
  let baselinesSeen = ''
  let turn: Promise<unknown> = Promise.resolve()

  const open = async (run: string): Promise<boolean> => {
    const path = join(runsFolder(root), run)
    try {
      const folder = await readRunFolder(path)
      if (folder === null) return false
      // what can be told without a plan is told
      const plan = await readPlanOf(folder).catch(() => null)
      followed.set(run, follow(folder, plan))
      return true
    } catch (error) {
      runs.set(run, unreadable(run, path, told(error)))
      return false
    }
  }

  const lookAt = async (run: string): Promise<boolean> => {
    const own = followed.get(run)
    const before = runs.get(run)
    if (own === undefined) {
      const isNew = before === undefined
      return (await open(run)) ? lookAt(run) : isNew
    }
    let fresh: boolean
    try {
      fresh = await own.look()
      if (fresh) own.fault = null
    } catch (error) {
      own.fault = told(error)
      fresh = true
    }
    // only the lock tells a run that goes on from one that crashed; one that has said its last word holds none for long
    const isSettled =
      before !== undefined && !fresh && before.summary.state !== 'running' && before.events.at(-1)?.type === 'ended'
    if (isSettled) return false
    const now = await knownOf(own)
    runs.set(run, now)
    return fresh || before === undefined || before.summary.state !== now.summary.state
  }

  const readBaselinesAnew = async (): Promise<boolean> => {
    const seen = await stat(baselinesPath(root)).then(
      ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
      () => '',
    )
    if (seen === baselinesSeen) return false
    baselinesSeen = seen
    baselines = await readBaselines(root).catch(() => ({ gonogo: 1 as const, baselines: [] }))
    return true
  }

  const refresh = async (): Promise<ReadonlySet<string>> => {
    const changed = new Set<string>()
    const names = await runNames(root)
    const present = new Set(names)
    for (const run of [...runs.keys(), ...followed.keys()]) {
      if (present.has(run)) continue
      for (const map of [runs, followed, pointed]) map.delete(run)
      changed.add(run)
    }
    const waiting = names.values()
    const worker = async () => {
      for (const run of waiting) if (await lookAt(run)) changed.add(run)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    // where any run stands may have changed with them
    if (await readBaselinesAnew()) for (const run of names) changed.add(run)
    return changed
  }

  const points = async (run: string): Promise<Points | null> => {
    const own = followed.get(run)
    if (own === undefined) return null
    let found = pointed.get(run)
    if (found === undefined) {
      const follower = followJournal(own.folder.journal)
      const fresh = pointsOf()
      found = { points: fresh, look: () => follower.look({ line: fresh.add, anew: fresh.clear }) }
    }
    pointed.delete(run)
    pointed.set(run, found)
    for (const name of [...pointed.keys()].slice(0, -mostPoints)) pointed.delete(name)
    await found.look()
    return found.points
  }

  /** One at a time: a follower is not made for two who look at once. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }
  let first: Promise<unknown> | null = null
  const look = () => {
    const looked = inTurn(refresh)
    first ??= looked
    return looked
  }
  return {
    root,
    runs,
    ready: async () => {
      await (first ?? look())
    },
    refresh: look,
    baselines: () => baselines,
    points: (run) => inTurn(() => points(run)),
  }
}
