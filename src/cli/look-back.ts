// `gonogo runs` and `gonogo show`: what run folders say. Neither imports an experiment, writes, or runs what a folder names.
// Not the folders' format: record/ reads it.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readStore } from '../checkpoint/index.ts'
import {
  type ExitCode,
  exitCodes,
  fromJson,
  GonogoError,
  type Plan,
  plan as planSchema,
  type RunEvent,
} from '../contract/index.ts'
import {
  effective,
  listRuns,
  openRun,
  type RunFolder,
  type RunSummary,
  readJournal,
  summariseRun,
} from '../record/index.ts'
import { documentText, type RunRow, runsTable, showLines } from '../report/index.ts'
import { projectRoot } from '../surroundings.ts'
import { shownPath } from './paths.ts'
import type { Terminal } from './terminal.ts'

/** Epochs done of epochs planned; steps where the length is no whole number of epochs. */
const progressOf = ({ epoch, epochs, step, steps }: RunSummary): string | null => {
  if (step === 0 || epochs === null) return null
  if (!Number.isInteger(epochs)) return `step ${step}/${steps ?? '?'}`
  return `${Number.isInteger(epoch) ? epoch : epoch.toFixed(1)}/${epochs}`
}

const rowOf = (summary: RunSummary): RunRow => {
  const { run, state, objective, why } = summary
  const resumable = state === 'crashed' || state === 'interrupted'
  return {
    run,
    state,
    at: progressOf(summary),
    objective: objective?.name ?? null,
    value: objective?.value ?? null,
    why: resumable ? `gonogo resume ${run} · ${why}` : why,
  }
}

export const runs = async (dir: string | undefined, terminal: Terminal): Promise<ExitCode> => {
  const root = await projectRoot(resolve(dir ?? '.'))
  const found = (await listRuns(root)).toReversed()
  terminal.result(runsTable(found.map(rowOf), terminal.look()))
  terminal.document(documentText({ root, runs: found }))
  return exitCodes.done
}

const readPlan = async (run: RunFolder): Promise<Plan> => {
  try {
    return planSchema.parse(fromJson(await readFile(run.plan, 'utf8')))
  } catch (cause) {
    throw new GonogoError('RUN_DAMAGED', 'plan.json of this run cannot be read', {
      where: run.plan,
      seen: cause instanceof Error ? cause.message.split('\n')[0] : undefined,
      expected: 'the file as gonogo wrote it',
      cause,
    })
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A few words each of what provenance.json holds; what is missing or of another type is left out. */
const provenanceWords = (text: string): Map<string, string> => {
  const read = fromJson(text)
  const p: Record<string, unknown> = isMap(read) ? read : {}
  const git = isMap(p.git) ? p.git : null
  const system = isMap(p.system) ? p.system : {}
  const hardware = isMap(p.hardware) ? p.hardware : {}
  const versions = isMap(p.versions) ? p.versions : {}
  const text1 = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
  const join = (values: readonly unknown[], between = ' ') =>
    values
      .map(text1)
      .filter((word) => word !== '')
      .join(between)
  const dirty = git?.dirty === true ? ', with changes (the diff is in provenance.json)' : ''
  return new Map([
    ['started', text1(p.time)],
    ['command', Array.isArray(p.command) ? join(p.command) : ''],
    [
      'commit',
      git === null ? 'not in git' : `${join([text1(git.commit).slice(0, 12) || 'none yet', git.branch], ', ')}${dirty}`,
    ],
    ['machine', join([system.host, hardware.cpu, system.type, system.release, system.arch], ', ')],
    [
      'versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${text1(version)}`)
        .join(', '),
    ],
  ])
}

const readProvenance = async (run: RunFolder): Promise<Map<string, string>> => {
  try {
    return provenanceWords(await readFile(run.provenance, 'utf8'))
  } catch {
    return new Map([['unknown', 'provenance.json cannot be read']])
  }
}

export const show = async (name: string, terminal: Terminal): Promise<ExitCode> => {
  const sweeps = await import('./sweep.ts')
  const sweep = await sweeps.sweepNamed(name)
  if (sweep !== null) return sweeps.showSweep(sweep, terminal)
  const run = await openRun(await projectRoot(process.cwd()), name)
  const [plan, summary, provenance, journal] = await Promise.all([
    readPlan(run),
    summariseRun(run),
    readProvenance(run),
    readJournal(run.journal),
  ])
  const events: RunEvent[] = effective(journal.entries.map(({ event }) => event))
  const checkpoints = await readStore(run.checkpoints, {
    keep: plan.run.checkpoint.keep,
    objective: plan.objective,
  }).list()
  const view = {
    run: run.run,
    folder: shownPath(run.path),
    state: summary.state,
    plan,
    events,
    checkpoints,
    provenance,
  }
  terminal.result(showLines(view, terminal.look()))
  terminal.document(
    documentText({ ...summary, plan, events: events.filter(({ type }) => type !== 'steps'), checkpoints }),
  )
  return exitCodes.done
}
