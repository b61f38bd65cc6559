// A sweep from its run file to its table: plan, one preflight, trials as they are wanted, a record of each, the winner.
// Not which trial goes on (decide/), nor how one is trained (trials.ts).
import { readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { nodeDisk, replaceFile } from './checkpoint/index.ts'
import { checkPoints, type LoadedRun, parametersOf, readRunFile, trialText } from './config/index.ts'
import {
  type ExitCode,
  exitCodes,
  type Finding,
  GonogoError,
  type Metric,
  type Outcome,
  type SweepEvent,
  type SweepEventOf,
  type SweepPlan,
  type SweepSettings,
  sweepSettings,
} from './contract/index.ts'
import { prunerOf, type Ranked, rankingOf, type Task, timelineOf } from './decide/index.ts'
import { engineFor } from './engine/index.ts'
import { seedsOf, sweepPoints, sweepTrials, trialName } from './plan/index.ts'
import type { Journal, SweepFolder } from './record/index.ts'
import { type CheckResult, check, type Options, type Progress } from './run.ts'
import { projectRoot, scratchFolder } from './surroundings.ts'
import { polledNow, pollPart } from './sweepPoll.ts'
import { runOf, trained } from './trials.ts'

export type SweepProgress =
  | { readonly type: 'planned'; readonly sweep: string; readonly plan: SweepPlan; readonly known: number }
  | { readonly type: 'poll'; readonly progress: Progress }
  | { readonly type: 'polled'; readonly polled: SweepEventOf<'polled'>; readonly findings: readonly Finding[] }
  | { readonly type: 'begun'; readonly task: Task; readonly run: string }
  | { readonly type: 'trial'; readonly task: Task; readonly progress: Progress }
  | { readonly type: 'reported'; readonly report: SweepEventOf<'reported'> }

export type SweepOptions = Pick<Options, 'skip' | 'signal'> & { readonly on?: (progress: SweepProgress) => void }

export type SweepResult = {
  readonly sweep: string
  readonly folder: string
  readonly plan: SweepPlan
  readonly reason: 'done' | 'no-go' | 'interrupted'
  /** Null before the preflight has told it. */
  readonly objective: Metric | null
  readonly findings: readonly Finding[]
  /** The winner first. */
  readonly ranking: readonly Ranked[]
  /** Parts trained: a trial that was paused and went on counts twice. */
  readonly parts: number
  /** Run file of the winner; null where there is none, or nothing but seeds differs. */
  readonly best: string | null
  /** The table with pictures; null where it was not written. */
  readonly page: string | null
  readonly exit: ExitCode
}

const settingsOf = ({ run }: LoadedRun): SweepSettings => run.sweep ?? sweepSettings.parse({})

const located = <T>(loaded: LoadedRun, key: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof GonogoError) || error.where !== undefined) throw error
    throw new GonogoError(error.code, error.message, { ...error.report(), ...loaded.locate(['sweep', key], 'value') })
  }
}

/** Plan and files of a sweep, from its run file alone. */
const planned = async (
  file: string,
  root: string,
  skip: ReadonlyMap<string, string>,
  /** Where the files will lie; the sweep's own folder by default. */
  at?: string,
): Promise<{ plan: SweepPlan; files: Map<string, string> }> => {
  const loaded = await readRunFile(file)
  const settings = settingsOf(loaded)
  await using engine = engineFor(loaded.experiment, loaded.run, { folder: loaded.folder, log: null, home: root })
  if (engine.concurrency === 'one' && settings.parallel > 1)
    throw new GonogoError('SWEEP_PARALLEL', 'this engine has room for one process, so its trials train one by one', {
      ...loaded.locate(['sweep', 'parallel'], 'value'),
      seen: `parallel: ${settings.parallel}`,
      expected: 'parallel: 1',
    })
  const description = await engine.describe({ experiment: loaded.experiment, config: loaded.run.config })
  const parameters = parametersOf(loaded, settings, description)
  const points = located(loaded, 'trials', () => sweepPoints(parameters, settings))
  checkPoints(loaded, description, points)
  const { sweepFolder, sweepIdFor } = await import('./record/index.ts')
  const { name, world, threads } = loaded.run
  const id = await sweepIdFor(root)
  const trials = sweepTrials(points, { name, id, seeds: seedsOf(loaded.run) })
  const about = {
    folder: at ?? sweepFolder(root, `${name}-${id}`).path,
    // settled here: a trial that goes on elsewhere must not get another number
    threads: threads ?? Math.max(1, Math.floor(availableParallelism() / (world * settings.parallel))),
    remark: `of sweep ${name}-${id}; made by gonogo`,
  }
  const files = new Map<string, string>(
    trials.flatMap(({ trial, point, runs }) =>
      runs.map(({ seed, file: own }) => {
        const text = { ...about, name: trialName(name, trial, trials.length), seed, point }
        return [own, trialText(loaded, description, { ...text, remark: `trial ${trial} ${about.remark}` })] as const
      }),
    ),
  )
  files.set('sweep.run.yaml', loaded.sources[0]?.text ?? '')
  const created = new Date().toISOString()
  const plan = {
    gonogo: 1 as const,
    name,
    id,
    created,
    file: loaded.file,
    folder: loaded.folder,
    settings,
    skip: [...skip].map(([check, reason]): [string, string] => [check, reason]),
    trials,
  }
  return { plan, files }
}

/** Begins the sweep of a run file. */
export const sweep = async (file: string, options: SweepOptions = {}): Promise<SweepResult> => {
  const root = await projectRoot((await readRunFile(file)).folder)
  const { createSweep } = await import('./record/index.ts')
  const { plan, files } = await planned(file, root, options.skip ?? new Map())
  const folder = await createSweep(root, plan, files)
  let isPolled = false
  try {
    return await conducted(root, folder, {
      ...options,
      on: (progress) => {
        isPolled ||= progress.type === 'polled'
        options.on?.(progress)
      },
    })
  } catch (error) {
    // nothing has begun: a fault in the experiment leaves no sweep behind
    if (!isPolled) await rm(folder.path, { recursive: true, force: true })
    throw error
  }
}

/** Goes on with a sweep, wherever it was killed. */
export const resumeSweep = async (folder: SweepFolder, options: SweepOptions = {}): Promise<SweepResult> =>
  // runs/sweeps/<sweep> lies in the project
  await conducted(resolve(folder.path, '../../..'), folder, options)

/** The preflight that a sweep would begin with. Leaves no trace on disk. */
export const checkSweep = async (file: string, options: Options = {}): Promise<CheckResult> => {
  const { folder } = await readRunFile(file)
  const root = await projectRoot(folder)
  await using scratch = await scratchFolder()
  const { plan, files } = await planned(file, root, new Map(), scratch.path)
  const first = plan.trials[0]!.runs[0]!.file
  await writeFile(join(scratch.path, first), files.get(first) ?? '')
  return await check(join(scratch.path, first), { ...options, part: pollPart(root, folder) })
}

const conducted = async (root: string, folder: SweepFolder, options: SweepOptions): Promise<SweepResult> => {
  const { acquireLock, openJournal, readSweep } = await import('./record/index.ts')
  await using lock = await acquireLock(folder.path)
  const { plan, events } = await readSweep(folder)
  await using journal = await openJournal<SweepEvent>(folder.journal, { guard: () => lock.check() })
  const known = reportsOf(events)
  options.on?.({ type: 'planned', sweep: folder.sweep, plan, known: known.size })
  let findings: readonly Finding[] = []
  let polled = events.findLast((event) => event.type === 'polled') ?? null
  if (polled?.verdict !== 'GO') {
    const poll = await polledNow(root, folder, plan, options)
    if (poll === null) return resultOf(folder, plan, null, known, 'interrupted', null, findings)
    polled = poll.polled
    findings = poll.findings
    await journal.record(polled)
    options.on?.({ type: 'polled', polled, findings })
  }
  if (polled.verdict === 'NO-GO') return resultOf(folder, plan, polled, known, 'no-go', null, findings)
  const isWhole = await trainedAll({ root, path: folder.path, plan, polled }, known, journal, options)
  if (!isWhole) return await withPage(folder, resultOf(folder, plan, polled, known, 'interrupted', null, findings))
  const [first] = ranking(plan, polled, known)
  const winner = first?.value === null || plan.trials.length === 1 ? null : (first ?? null)
  const best = winner === null ? null : await writeBest(folder, plan, winner)
  await journal.record({ type: 'ended', reason: 'done', best: winner?.trial.trial ?? null })
  return await withPage(folder, resultOf(folder, plan, polled, known, 'done', best, findings))
}

/** A view for people: a disk without room for it must not cost the sweep, whose journal is the truth. */
const withPage = async (folder: SweepFolder, result: SweepResult): Promise<SweepResult> => {
  const { sweepHtml } = await import('./report/index.ts')
  try {
    await replaceFile(nodeDisk, folder.page, sweepHtml(result))
    return { ...result, page: folder.page }
  } catch (error) {
    if (error instanceof Error && 'code' in error) return result
    throw error
  }
}

type Reports = Map<string, SweepEventOf<'reported'>>

const keyOf = ({ trial, seed, rung }: Pick<Task, 'trial' | 'seed' | 'rung'>): string => `${trial} ${seed} ${rung}`

const reportsOf = (events: readonly SweepEvent[]): Reports =>
  new Map(events.flatMap((event) => (event.type === 'reported' ? [[keyOf(event), event] as const] : [])))

/** Of a run, as far as it has come. */
const latestOf = (known: Reports): ReadonlyMap<string, Outcome> => {
  const latest = new Map<string, SweepEventOf<'reported'>>()
  for (const report of known.values())
    if (report.rung >= (latest.get(report.run)?.rung ?? 0)) latest.set(report.run, report)
  return new Map([...latest].map(([run, { outcome }]) => [run, outcome]))
}

const ranking = (plan: SweepPlan, polled: SweepEventOf<'polled'>, known: Reports): Ranked[] => {
  const latest = latestOf(known)
  return rankingOf(polled.objective.direction, plan.trials, (run) => latest.get(run))
}

/** The whole table of a sweep that somebody looks at, whatever its state. */
export const lookAt = async (folder: SweepFolder): Promise<SweepResult> => {
  const { readSweep } = await import('./record/index.ts')
  const { plan, events } = await readSweep(folder)
  const polled = events.findLast((event) => event.type === 'polled') ?? null
  const ended = events.findLast((event) => event.type === 'ended')
  const reason = polled?.verdict === 'NO-GO' ? 'no-go' : ended === undefined ? 'interrupted' : 'done'
  const best = ended === undefined || ended.best === null ? null : folder.best
  return resultOf(folder, plan, polled, reportsOf(events), reason, best, [])
}

const resultOf = (
  folder: SweepFolder,
  plan: SweepPlan,
  polled: SweepEventOf<'polled'> | null,
  known: Reports,
  reason: SweepResult['reason'],
  best: string | null,
  findings: readonly Finding[],
): SweepResult => {
  const rows = polled === null ? [] : ranking(plan, polled, known)
  // done, and nothing came of it
  const done = rows.some(({ value }) => value !== null) ? exitCodes.done : exitCodes.internal
  return {
    sweep: folder.sweep,
    folder: folder.path,
    plan,
    reason,
    objective: polled === null ? null : polled.objective,
    findings,
    ranking: rows,
    parts: known.size,
    best,
    page: null,
    exit: { done, 'no-go': exitCodes.noGo, interrupted: exitCodes.interrupted }[reason],
  }
}

type Sweep = Parameters<typeof trained>[0]

/** Trains whatever the timeline wants, until it wants nothing; false where that was interrupted. */
const trainedAll = async (
  own: Sweep,
  known: Reports,
  journal: Pick<Journal<SweepEvent>, 'record'>,
  options: SweepOptions,
): Promise<boolean> => {
  const { plan, polled } = own
  const { direction } = polled.objective
  const { settings, trials } = plan
  const pruner = prunerOf({ ...settings, trials: trials.length, direction, rungs: polled.rungs })
  const sizes = { seeds: trials[0]!.runs.map(({ seed }) => seed), parallel: settings.parallel }
  const stopping = new AbortController()
  const signal = AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])])
  const reached = new Map<string, number>()
  const running = new Map<string, Promise<void>>()
  let wake = Promise.withResolvers<void>()
  let failure: { readonly error: unknown } | null = null

  const outcome = (task: Task): Outcome | undefined => {
    for (let rung = task.rung; rung >= 0; rung--) {
      const found = known.get(keyOf({ ...task, rung }))?.outcome
      // a trial that is over is over at every later rung too
      if (found !== undefined && (rung === task.rung || found.state !== 'paused')) return found
    }
    return undefined
  }
  const timeline = () => timelineOf(pruner, sizes, { outcome, reached: (task) => reached.get(keyOf(task)) ?? 0 })

  const follow = (task: Task) => {
    let steps = Number.POSITIVE_INFINITY
    return (progress: Progress): void => {
      if (progress.type === 'opened') steps = progress.plan.steps
      if (progress.type === 'event' && progress.event.type === 'steps') {
        reached.set(keyOf(task), (progress.event.records.at(-1)?.step ?? 0) / steps)
        // how far this one is may be what another slot waits for
        if (settings.parallel > 1 && pruner.looks) wake.resolve()
      }
      options.on?.({ type: 'trial', task, progress })
    }
  }
  const begin = (task: Task, seen: ReturnType<typeof timeline>): Promise<void> => {
    const { run } = runOf(plan, task)
    options.on?.({ type: 'begun', task, run })
    return trained(own, task, seen, { signal, on: follow(task) })
      .then(async (found) => {
        if (found === null) return
        const { trial, seed, rung } = task
        const report = { type: 'reported' as const, trial, seed, rung, run, outcome: found }
        await journal.record(report)
        known.set(keyOf(task), report)
        options.on?.({ type: 'reported', report })
      })
      .catch((error: unknown) => {
        failure ??= { error }
        // the others save what they have
        stopping.abort()
      })
      .finally(() => {
        running.delete(keyOf(task))
        wake.resolve()
      })
  }
  for (;;) {
    const now = timeline()
    if (!signal.aborted)
      for (const task of now.wanted) if (!running.has(keyOf(task))) running.set(keyOf(task), begin(task, now))
    if (running.size === 0) {
      if (failure !== null) throw (failure as { error: unknown }).error
      if (signal.aborted) return false
      if (now.wanted.length === 0) return true
      continue
    }
    await wake.promise
    wake = Promise.withResolvers<void>()
  }
}

/** The winner's run file, whole in itself, as its trial's. */
const writeBest = async (folder: SweepFolder, plan: SweepPlan, winner: Ranked): Promise<string> => {
  const [first] = winner.trial.runs
  const text = await readFile(join(folder.path, first!.file), 'utf8')
  await replaceFile(nodeDisk, folder.best, text.replace(/^name: .*$/m, `name: ${plan.name.slice(0, 59)}-best`))
  return folder.best
}
