// The large model of a run that declares a proxy, loaded once: what only it can show, asked in the order in which it wears out.
// Not the checks that train again and again from one state: those are polled on the proxy. Nothing is captured here, since a copy of
// the state may be what does not fit, and nothing is put back: whoever opened the subject ends it afterwards.
import { rm } from 'node:fs/promises'
import type { HeadersReport, StepRecord } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import type { Count } from './m1-memory-slope.ts'
import { powerMeter } from './power.ts'
import type { Trial } from './trial.ts'
import { measuredAs, type Whole } from './whole.ts'

/** Observed updates, and steps that are timed: at least so many, then as many as these seconds hold. */
const updates = 3
const fewest = 3
const most = 60
const seconds = 2

export type Full = {
  readonly whole: Whole
  /** The first updates, observed without a copy of anything. */
  readonly observed: readonly StepRecord[]
  /** After each timed step: graphs that are held, and memory. */
  readonly counts: readonly Count[]
  /** What the saved files say of their tensors; null where nothing could be saved. */
  readonly headers: HeadersReport | null
  /** Why not. */
  readonly saveCrash: Crash | null
}

const known = new WeakMap<Context, Promise<Full>>()

export const fullRun = (context: Context): Promise<Full> => {
  const found = known.get(context) ?? measure(context)
  known.set(context, found)
  measuredAs(
    context,
    found.then(({ whole }) => whole),
  )
  return found
}

const measure = async (context: Context): Promise<Full> => {
  const trial = await context.unlimited()
  const { facts } = trial
  const schedule = facts.can.schedule === 'yes' ? await trial.schedule({ points: 1000, moves: true }) : null
  const observed = await firstUpdates(context, trial)
  const meter = await powerMeter(
    Number(facts.environment.threads ?? 1) * context.plan.run.world,
    facts.environment.device === 'cuda',
  )
  const { records, counts, elapsed } = await timed(context, trial)
  const power = await meter()
  const limit = Math.min(facts.samples.val ?? 0, 2 * context.plan.run.evaluate.batch_size)
  const evaluation = limit > 0 ? await trial.evaluate({ limit }).catch(unlessCrash) : null
  const saved = context.can('persist') && !trial.dead ? await savedOnce(context, trial) : nothing
  const whole = { facts, schedule, records, elapsed, power, evaluation, save: saved.save }
  return { whole, observed, counts, headers: saved.headers, saveCrash: saved.crash }
}

/** As many calls as it takes for the updates, and no more than a program accumulates for. */
const firstUpdates = async (context: Context, trial: Trial): Promise<StepRecord[]> => {
  const records: StepRecord[] = []
  if (!context.can('gradients')) return records
  const calls = Math.min(updates * context.plan.run.train.accumulate, context.plan.steps)
  records.push(...(await trial.steps({ steps: calls, observe: 'frugal' })))
  return records
}

const timed = async (context: Context, trial: Trial) => {
  const records: StepRecord[] = []
  const counts: Count[] = []
  const began = performance.now()
  const room = () => Math.min(most, context.plan.steps - updates * context.plan.run.train.accumulate)
  while (records.length < Math.max(1, room())) {
    const [record] = await trial.steps({ steps: 1, census: true })
    if (!record) break
    records.push(record)
    const { graphs = null, rss = null, allocated = null } = record.memory ?? {}
    counts.push({ graphs, rss, allocated })
    if (records.length >= fewest && performance.now() - began > 1000 * seconds) break
  }
  // the census of each step is ours, and no part of a step of the run
  const own = records.reduce((sum, record) => sum + record.seconds + record.wait, 0)
  return { records, counts, elapsed: (own * (records.length - 1)) / Math.max(1, records.length) }
}

type Saved = { readonly save: Whole['save']; readonly headers: HeadersReport | null; readonly crash: Crash | null }
const nothing: Saved = { save: null, headers: null, crash: null }

const savedOnce = async (context: Context, trial: Trial): Promise<Saved> => {
  const dir = await context.folder()
  try {
    const began = performance.now()
    const { files } = await trial.save(dir)
    const spent = (performance.now() - began) / 1000
    const save = { bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), seconds: spent }
    return { save, headers: await context.headers(dir), crash: null }
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    return { ...nothing, crash: error }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const unlessCrash = (error: unknown): null => {
  if (error instanceof Crash) return null
  throw error
}
