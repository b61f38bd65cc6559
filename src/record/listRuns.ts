// One line about each run: its state, how far it came, its objective, why it ended. Computed from journal and lock.
// Reads the end of a journal, and more only where the run has not ended; never imports an experiment.

import { join } from 'node:path'
import { type Disk, nodeDisk } from '../checkpoint/index.ts'
import { GonogoError, type ReasonCode, type RunEvent, type RunEventOf } from '../contract/index.ts'
import { effective } from './effective.ts'
import { lockHolder } from './lock.ts'
import { firstEvent, lastEvent, readJournal } from './readJournal.ts'
import { type RunFolder, readRunFolder, runNames, runsFolder } from './runFolder.ts'

/** `unreadable`: a newer gonogo made it, or its files are damaged. */
export type RunState = 'running' | 'done' | 'stopped' | 'no-go' | 'crashed' | 'interrupted' | 'unreadable'

export type RunSummary = {
  readonly run: string
  readonly path: string
  readonly state: RunState
  readonly created: string | null
  /** Epochs and steps done, and planned. */
  readonly epoch: number
  readonly step: number
  readonly epochs: number | null
  readonly steps: number | null
  /** Best value so far. */
  readonly objective: { readonly name: string; readonly direction: 'min' | 'max'; readonly value: number | null } | null
  /** One sentence. */
  readonly why: string
}

const stateOf = {
  'length-reached': 'done',
  'not-finite': 'stopped',
  divergence: 'stopped',
  patience: 'stopped',
  baseline: 'stopped',
  benchmark: 'stopped',
  'generalisation-loss': 'stopped',
  'progress-quotient': 'stopped',
  'successive-increase': 'stopped',
  budget: 'stopped',
  pruned: 'stopped',
  interrupted: 'interrupted',
  crashed: 'crashed',
  'no-go': 'no-go',
} as const satisfies Record<ReasonCode, RunState>

const needed: ReadonlySet<RunEvent['type']> = new Set([
  'started',
  'preflight',
  'resumed',
  'evaluated',
  'checkpointed',
  'ended',
])

const lastOf = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T): RunEventOf<T> | undefined =>
  events.findLast((e): e is RunEventOf<T> => e.type === type)

type Progress = Omit<RunSummary, 'run' | 'path' | 'created'>

/** What events alone tell; `crashed` for a run without an end, which only its lock can tell from `running`. */
export const summarise = (all: readonly RunEvent[]): Progress => {
  const events = effective(all)
  const started = lastOf(events, 'started')
  const ended = lastOf(events, 'ended')
  const preflight = lastOf(events, 'preflight')
  const evaluations = events.filter((e) => e.type === 'evaluated')
  const sign = started?.direction === 'min' ? 1 : -1
  const values = evaluations.flatMap((e) => new Map(Object.entries(e.metrics)).get(started?.objective ?? '') ?? [])
  const best = values.filter(Number.isFinite).sort((a, b) => sign * (a - b))[0]
  const reached = Math.max(
    ended?.step ?? 0,
    lastOf(events, 'steps')?.records.at(-1)?.step ?? 0,
    lastOf(events, 'evaluated')?.step ?? 0,
    lastOf(events, 'checkpointed')?.checkpoint.step ?? 0,
    lastOf(events, 'resumed')?.fromStep ?? 0,
  )
  const perEpoch = started === undefined || started.epochs <= 0 ? null : started.steps / started.epochs
  const noGo = preflight?.verdict === 'NO-GO' && reached === 0
  return {
    state: ended !== undefined ? stateOf[ended.reason] : noGo ? 'no-go' : 'crashed',
    epoch: ended?.epoch ?? (perEpoch === null ? 0 : reached / perEpoch),
    step: reached,
    epochs: started?.epochs ?? null,
    steps: started?.steps ?? null,
    objective:
      started === undefined
        ? null
        : { name: started.objective, direction: started.direction, value: ended?.best?.value ?? best ?? null },
    why:
      ended?.sentence ??
      (noGo
        ? 'the preflight said NO-GO'
        : reached === 0
          ? 'ended before its first evaluation, without saying why'
          : `ended without saying why; last recorded at step ${reached}`),
  }
}

const eventsThatTell = async (run: RunFolder, disk: Disk): Promise<readonly RunEvent[]> => {
  const last = (await lastEvent(run.journal, disk))?.event
  const started = last?.type === 'ended' ? await firstEvent(run.journal, 'started', disk) : null
  // The end says all but what was planned.
  if (last?.type === 'ended' && started !== null) return [started, last]
  const events = (await readJournal(run.journal, { disk, only: needed })).entries.map((e) => e.event)
  return last?.type === 'steps' ? [...events, last] : events
}

/** `events`: all of them, or those that tell; the lock says whether somebody is at it. */
export const summaryOf = async (run: RunFolder, events: readonly RunEvent[]): Promise<RunSummary> => {
  const about = { run: run.run, path: run.path, created: run.created }
  const progress = summarise(events)
  const lock = await lockHolder(run.path)
  if (lock === null || lock.life === 'dead') return { ...about, ...progress }
  const { pid, host } = lock.holder.process
  return { ...about, ...progress, state: 'running', why: `pid ${pid} on ${host}, since ${lock.holder.since}` }
}

export const summariseRun = async (run: RunFolder, disk: Disk = nodeDisk): Promise<RunSummary> =>
  summaryOf(run, await eventsThatTell(run, disk))

/** Every run under `root`, oldest first. A run that cannot be read is in the list, with the reason. */
export const listRuns = async (root: string, disk: Disk = nodeDisk): Promise<RunSummary[]> => {
  const summaries: RunSummary[] = []
  for (const name of await runNames(root, disk)) {
    const path = join(runsFolder(root), name)
    try {
      const run = await readRunFolder(path, disk)
      if (run !== null) summaries.push(await summariseRun(run, disk))
    } catch (error) {
      if (!(error instanceof GonogoError)) throw error
      const why = `${error.message}: ${error.seen ?? error.code}`
      const unknown = { created: null, epoch: 0, step: 0, epochs: null, steps: null, objective: null }
      summaries.push({ run: name, path, state: 'unreadable', ...unknown, why })
    }
  }
  return summaries.sort((a, b) => (a.created ?? '').localeCompare(b.created ?? ''))
}
