// The experiment as it will train, its length and its epochs uncut: its learning rates over the whole run, and some steps of it.
// Opened once for all checks that ask. It measures; the checks judge.
import type { Evaluation, Facts, ScheduleReport, StepRecord } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'

/** Seconds of live steps, and how many at most. */
const seconds = 2
const most = 60

export type Whole = {
  readonly facts: Facts
  /** Null where the subject cannot tell its rates. */
  readonly schedule: ScheduleReport | null
  /** The first steps of the run, timed. */
  readonly records: readonly StepRecord[]
  /** A validation of some hundred samples, timed; null where the run's budget for it was spent. */
  readonly evaluation: Evaluation | null
}

const known = new WeakMap<Context, Promise<Whole>>()

export const wholeRun = (context: Context): Promise<Whole> => {
  const found = known.get(context) ?? measure(context)
  known.set(context, found)
  return found
}

const measure = async (context: Context): Promise<Whole> => {
  await using trial = await context.unlimited()
  const schedule = trial.facts.can.schedule === 'yes' ? await trial.schedule({ points: 1000 }) : null
  const records: StepRecord[] = []
  const began = performance.now()
  const steps = Math.min(most, context.plan.steps)
  try {
    await trial.train({ steps }, (record) => {
      records.push(record)
      return performance.now() - began < 1000 * seconds
    })
  } catch (error) {
    // a scheduler that ends before its run is told from its rates, with its cause
    if (!(error instanceof Crash) || !schedule?.refused || trial.dead) throw error
  }
  const limit = Math.min(trial.facts.samples.val ?? 0, 2 * context.plan.run.evaluate.batch_size)
  const evaluation = context.remaining > 0 && limit > 0 ? await trial.evaluate({ limit }) : null
  return { facts: trial.facts, schedule, records, evaluation }
}
