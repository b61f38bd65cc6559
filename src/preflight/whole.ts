// The experiment as it will train, its length and its epochs uncut: its learning rates over the whole run, and some steps of it.
// Opened once for all checks that ask. It measures; the checks judge.
import { rm } from 'node:fs/promises'
import type { Evaluation, Facts, ScheduleReport, StepRecord } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import { type Power, powerMeter } from './power.ts'
import type { Trial } from './trial.ts'

/** Seconds of live steps, and how many at most. */
const seconds = 2
const most = 60

export type Whole = {
  readonly facts: Facts
  /** Null where the subject cannot tell its rates. */
  readonly schedule: ScheduleReport | null
  /** The first steps of the run, timed; and seconds of wall clock from the first record to the last. */
  readonly records: readonly StepRecord[]
  readonly elapsed: number
  readonly power: Power
  /** A validation of some hundred samples, timed; null where it crashed or the budget was spent. */
  readonly evaluation: Evaluation | null
  /** One save by the experiment's own hand, timed; null where it cannot, or crashed. */
  readonly save: { readonly bytes: number; readonly seconds: number } | null
}

const known = new WeakMap<Context, Promise<Whole>>()

export const wholeRun = (context: Context): Promise<Whole> => {
  const found = known.get(context) ?? measure(context)
  known.set(context, found)
  return found
}

/** It was measured on the way, by whoever had the subject open anyway. */
export const measuredAs = (context: Context, whole: Promise<Whole>): void => {
  known.set(context, whole)
}

const measure = async (context: Context): Promise<Whole> => {
  await using trial = await context.unlimited()
  const schedule = trial.facts.can.schedule === 'yes' ? await trial.schedule({ points: 1000 }) : null
  const { environment } = trial.facts
  const threads = Number(environment.threads ?? 1)
  const meter = await powerMeter(threads * context.plan.run.world, environment.device === 'cuda')
  const { records, elapsed } = await timed(context, trial, schedule)
  const power = await meter()
  const limit = Math.min(trial.facts.samples.val ?? 0, 2 * context.plan.run.evaluate.batch_size)
  const spare = () => !trial.dead && context.remaining > 0
  // what crashes here is another check's finding
  const evaluation = spare() && limit > 0 ? await trial.evaluate({ limit }).catch(unlessCrash) : null
  const save = spare() && context.can('persist') ? await saved(context, trial).catch(unlessCrash) : null
  return { facts: trial.facts, schedule, records, elapsed, power, evaluation, save }
}

const timed = async (context: Context, trial: Trial, schedule: ScheduleReport | null) => {
  const records: StepRecord[] = []
  const began = performance.now()
  let first = Number.NaN
  let last = Number.NaN
  try {
    await trial.train({ steps: Math.min(most, context.plan.steps) }, (record) => {
      records.push(record)
      last = performance.now()
      if (records.length === 1) first = last
      return last - began < 1000 * seconds
    })
  } catch (error) {
    // a scheduler that ends before its run is told from its rates, with its cause
    if (!(error instanceof Crash) || !schedule?.refused || trial.dead) throw error
  }
  return { records, elapsed: (last - first) / 1000 }
}

const saved = async (context: Context, trial: Trial) => {
  const dir = await context.folder()
  const began = performance.now()
  const { files } = await trial.save(dir)
  const spent = (performance.now() - began) / 1000
  // it may be large, and nobody asks for it again
  await rm(dir, { recursive: true, force: true })
  return { bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), seconds: spent }
}

const unlessCrash = (error: unknown): null => {
  if (error instanceof Crash) return null
  throw error
}
