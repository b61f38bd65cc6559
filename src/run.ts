// The only file that wires stages together: run file → plan → preflight → training → run folder.
// No policy of its own: what is checked, kept, stopped or written is decided in the rooms it joins. Those that only a
// sound run file needs are imported then: a wrong key is told before anything heavy is loaded.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { checkConfig, type LoadedRun, readRunFile } from './config/index.ts'
import {
  type Finding,
  fromJson,
  GonogoError,
  type Plan,
  plan as planSchema,
  type ReasonCode,
  toJson,
  type Verdict,
  verdictOf,
} from './contract/index.ts'
import { changesSince, insideProject } from './earlier.ts'
import { type Engine, engineFor, type Process } from './engine/index.ts'
import { loop, openCheckpoints, recorder } from './loop.ts'
import { makePlan, openRequest } from './plan/index.ts'
import { type Options, type Prepared, preflight } from './polled.ts'
import type { RunFolder } from './record/index.ts'
import { resultOf, sentenceOf, type TrainResult } from './result.ts'
import { newLog, ownVersion, projectRoot, removeLog } from './surroundings.ts'
import type { TrainOptions } from './train/index.ts'

/** What a run that is one of several shares with the others, and is not asked again. */
export type Part = {
  /** The project; runs/ lies in it. */
  readonly root: string
  /** Folder of the run file that all of them come from: relative paths of engine options start there. */
  readonly folder: string
  /** Of its run folder. */
  readonly id: string
  /**
   * Called with its plan before anything is written, and for a resumed one with what has changed since it began; throws where
   * it may not be one of them.
   */
  readonly accept: (plan: Plan, changes: readonly string[]) => void
  readonly endAfter: TrainOptions['endAfter']
}

type Shared = { readonly part?: Part }

export type { Options, Progress } from './polled.ts'
export type { TrainResult } from './result.ts'

export type CheckResult = {
  readonly plan: Plan
  readonly findings: Finding[]
  readonly verdict: Verdict
  /** Of the checks themselves. */
  readonly seconds: number
  /** Of starting processes and loading code and data. */
  readonly loadSeconds: number
}

/** Runs the preflight of a run file and nothing else. On GO a pass is kept in .gonogo/, which `train` may rest on. */
export const check = async (file: string, options: Options & Shared = {}): Promise<CheckResult> => {
  const prepared = await prepare(file, 'thrown away', options)
  await using _engine = prepared.engine
  await using _subject = prepared.subject
  options.on?.({ type: 'opened', plan: prepared.plan, facts: prepared.subject.facts, run: null })
  const findings: Finding[] = []
  const { left: _, ...polled } = await preflight(prepared, findings, options)
  return { plan: prepared.plan, findings, ...polled }
}

/**
 * Runs the preflight and, on GO, trains. The run folder is made first, so that a NO-GO is on record too. One of several runs is
 * trained on the preflight that they share.
 */
export const train = async (file: string, options: Options & Shared = {}): Promise<TrainResult> => {
  const prepared = await prepare(file, 'kept', options)
  await using _engine = prepared.engine
  await using first = prepared.subject
  const { plan, loaded, root } = prepared
  const { part } = options
  const { acquireLock, collectProvenance, createRun, openJournal } = await import('./record/index.ts')
  const version = await ownVersion()
  const run = await createRun(root, {
    name: plan.run.name,
    ...(part ? { id: part.id } : {}),
    runFile: loaded.sources[0]?.text ?? '',
    plan,
    version,
    provenance: await collectProvenance({
      folder: loaded.folder,
      seed: plan.run.seed,
      threads: plan.run.threads,
      packages: { ...plan.packages, gonogo: version },
    }),
  })
  // the subject has the file open already: it goes on writing into it under its new name
  if (prepared.log) await rename(prepared.log, run.log)
  await using lock = await acquireLock(run.path)
  await using journal = await openJournal(run.journal, { guard: () => lock.check() })
  const emit = recorder(journal, options)
  options.on?.({ type: 'opened', plan, facts: first.facts, run: run.run })
  await emit({
    type: 'started',
    name: run.run,
    fingerprint: plan.fingerprint.whole,
    steps: plan.steps,
    epochs: plan.steps / plan.stepsPerEpoch,
    objective: plan.objective.name,
    direction: plan.objective.direction,
    seed: plan.run.seed,
  })
  const findings: Finding[] = []
  const { engine } = prepared
  const begun = { engine, run, plan, findings, from: null, options, root, endAfter: part?.endAfter }
  const endedEarly = async (reason: ReasonCode, sentence: string, seconds: number): Promise<TrainResult> => {
    const ended = { type: 'ended' as const, reason, sentence, step: 0, epoch: 0, best: null, metrics: {}, seconds }
    await emit(ended)
    return resultOf({ run, plan, ended, findings, checkpoints: [], loadSeconds: first.facts.loadSeconds })
  }
  if (part) {
    await emit({ type: 'warned', code: 'PREFLIGHT_SHARED', message: 'polled once with the other runs of its sweep' })
    const store = await openCheckpoints(run, plan, lock, journal)
    // awaited here: the resources above are disposed of when this function returns
    return await loop({ ...begun, subject: first, store, emit })
  }
  let polled: Awaited<ReturnType<typeof preflight>>
  try {
    polled = await preflight(prepared, findings, options, 'reuse')
  } catch (error) {
    if (options.signal?.aborted) return await endedEarly('interrupted', 'interrupted in the preflight', 0)
    await endedEarly('crashed', sentenceOf(error), 0)
    throw error
  }
  const { verdict, left, ...took } = polled
  await writePreflight(run, plan, findings)
  // pictures are in preflight.json and its page: the journal is read line by line, again and again
  const told = findings.map(({ pictures: _, ...finding }) => finding)
  await emit({ type: 'preflight', verdict, findings: told, ...took })
  if (verdict === 'NO-GO')
    return await endedEarly('no-go', findings.find((f) => f.status === 'NO-GO')?.title ?? 'no-go', took.seconds)
  const store = await openCheckpoints(run, plan, lock, journal)
  // it had to make room for the poll's, or has trained for it
  if (left.subject === 'used') await first[Symbol.asyncDispose]()
  await using subject = left.subject === 'fresh' ? first : await prepared.engine.open(openRequest(plan))
  // awaited here: the resources above are disposed of when this function returns
  return await loop({ ...begun, subject, store, emit })
}

/** Goes on with a run from its newest intact checkpoint, or from the start where there is none. */
export const resume = async (
  name: string,
  options: Options & {
    /** Another number of processes than it was begun with, where the order of its data does not depend on it. */
    readonly world?: number
  } & Shared = {},
): Promise<TrainResult> => {
  const { acquireLock, effective, openJournal, openRun, readJournal } = await import('./record/index.ts')
  const { harnessFrom } = await import('./train/index.ts')
  const { part } = options
  const root = part?.root ?? (await projectRoot(process.cwd()))
  const run = await openRun(root, name)
  const begun = planSchema.parse(fromJson(await readFile(run.plan, 'utf8')))
  const plan: Plan = { ...begun, run: { ...begun.run, world: options.world ?? begun.run.world } }
  await using lock = await acquireLock(run.path)
  const { entries } = await readJournal(run.journal)
  const history = effective(entries.map(({ event }) => event))
  const last = history.at(-1)
  const findings = history.findLast((event) => event.type === 'preflight')?.findings ?? []
  if (last?.type === 'ended' && (last.reason === 'length-reached' || last.reason === 'no-go'))
    throw new GonogoError('RUN_ENDED', 'this run has ended; there is nothing to resume', {
      where: run.path,
      seen: last.sentence,
      try: last.reason === 'no-go' ? `gonogo train, once the cause is repaired` : `gonogo show ${run.run}`,
    })
  await insideProject(plan, run)
  await using engine = engineFor(plan.experiment, plan.run, {
    ...surroundingsOf(options, root),
    folder: part?.folder ?? plan.folder,
    log: run.log,
  })
  // one process of a run of several is told of a world of one: its own setup() may ask for it
  const alone = begun.run.world > 1 && plan.run.world === 1
  const world = alone ? { world: { rank: 0, size: 1, address: '127.0.0.1:0' } } : {}
  await using subject = await engine.open({ ...openRequest(plan), ...world })
  options.on?.({ type: 'opened', plan, facts: subject.facts, run: run.run })
  const changes = changesSince(begun, plan, subject.facts)
  part?.accept(plan, changes)
  for (const text of changes) options.on?.({ type: 'note', text })
  await using journal = await openJournal(run.journal, { guard: () => lock.check() })
  const store = await openCheckpoints(run, plan, lock, journal)
  const { record, passedOver } = await store.newestIntact()
  const from = record
    ? {
        checkpoint: record.name,
        state: harnessFrom(
          (await subject.persist({ op: 'load', dir: store.path(record.name) })).harness,
          store.path(record.name),
        ),
      }
    : null
  // a damaged checkpoint must never be called the latest again
  for (const { name } of passedOver) await store.setAside(name)
  const emit = recorder(journal, options)
  await emit({
    type: 'resumed',
    fromStep: record?.step ?? 0,
    fromEpoch: record?.epoch ?? 0,
    checkpoint: record?.name ?? null,
    passedOver: passedOver.map(({ name, reason }) => ({ name, reason })),
  })
  // awaited here: the resources above are disposed of when this function returns
  const { endAfter } = part ?? {}
  return await loop({ engine, run, plan, subject, store, emit, findings, from, options, root, endAfter })
}

const surroundingsOf = ({ on, signal }: Options, home: string) => ({
  home,
  signal,
  say: (text: string) => on?.({ type: 'note', text }),
})

const prepare = async (file: string, prints: 'kept' | 'thrown away', options: Options & Shared): Promise<Prepared> => {
  const loaded = await readRunFile(file)
  const root = options.part?.root ?? (await projectRoot(loaded.folder))
  const log = prints === 'kept' ? await newLog(root) : null
  const engine = (options.engineFor ?? engineFor)(loaded.experiment, loaded.run, {
    ...surroundingsOf(options, root),
    folder: options.part?.folder ?? loaded.folder,
    log,
  })
  try {
    // a run that is one of several is polled no more: nothing quick follows
    const process = prints === 'thrown away' ? 'quick' : options.part ? 'alone' : 'own'
    const prepared = await opened(loaded, file, root, engine, log, process)
    try {
      const { refuseUnknownChecks } = await import('./preflight/index.ts')
      refuseUnknownChecks(prepared.plan, prepared.subject.facts, options)
      options.part?.accept(prepared.plan, [])
    } catch (error) {
      await prepared.subject[Symbol.asyncDispose]()
      throw error
    }
    return prepared
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    if (log) await removeLog(log)
    throw error
  }
}

const opened = async (
  loaded: LoadedRun,
  file: string,
  root: string,
  engine: Engine,
  log: string | null,
  /** own: the process that describes the experiment is the one that will train it. */
  process: Process,
): Promise<Prepared> => {
  // of each process; several share the cores
  const threads = loaded.run.threads ?? Math.max(1, Math.floor(availableParallelism() / loaded.run.world))
  const run = { ...loaded.run, threads }
  const given = { experiment: loaded.experiment, config: loaded.run.config }
  const description = await engine.describe(given, openRequest({ run, ...given }), process)
  const config = checkConfig(loaded, description)
  const notesReads = run.preflight.proxy !== undefined
  const subject = await engine.open(openRequest({ run, config, experiment: loaded.experiment }, { notesReads }))
  try {
    const { facts } = subject
    const { experiment, origins } = loaded
    const plan = makePlan({ run, config, file, folder: root, experiment, description, facts, origins })
    return { loaded, root, file: resolve(file), engine, description, subject, plan, log }
  } catch (error) {
    await subject[Symbol.asyncDispose]()
    throw error
  }
}

const writePreflight = async (run: RunFolder, plan: Plan, findings: readonly Finding[]): Promise<void> => {
  const { nodeDisk, orDiskFull } = await import('./checkpoint/index.ts')
  const { preflightHtml } = await import('./report/index.ts')
  const text = `${toJson({ verdict: verdictOf(findings), findings }, 2)}\n`
  const page = preflightHtml(findings, plan)
  const needed = Buffer.byteLength(text) + Buffer.byteLength(page)
  await orDiskFull(nodeDisk, { where: run.path, needed, intact: 'nothing was trained yet' }, async () => {
    await writeFile(run.preflight, text)
    await writeFile(join(run.path, 'preflight.html'), page)
  })
}
