// Training steps on one frozen batch until every optimizer has made an update: one call, or as many as the program accumulates.
// Runs and measures; what a difference between two cycles means is each check's own.
import type { StepRecord, TrainProbe } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import type { Trial } from './trial.ts'

/** Calls without an update after which a program is said to make none: more than people accumulate or a loss scale takes to settle. */
const patience = 64

export type Cycle = {
  readonly records: readonly StepRecord[]
  /** Optimizer → parameter → norm of its raw gradient at the optimizer's last update. */
  readonly gradients: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Samples of the batch that is trained on again and again. */
export const frozenSize = ({ facts, plan }: Context, most = 16): number =>
  Math.max(1, Math.min(most, facts.samples.train ?? most, plan.run.train.batch_size))

/** The rate that the program names for itself, or one that moves something. */
export const baseRate = ({ facts }: Context): number => {
  const base = Math.max(0, ...facts.optimizers.flatMap(({ learningRates }) => learningRates))
  return base > 0 && Number.isFinite(base) ? base : 1e-3
}

const applied = ({ updates }: StepRecord, optimizer: string): boolean =>
  updates.some((update) => update.optimizer === optimizer && update.outcome === 'applied')

/**
 * Goes on from where the trial stands. `calls`: exactly so many; null: until each optimizer has made an update, and null is
 * returned where one makes none.
 */
export const cycle = async (
  context: Context,
  trial: Trial,
  probe: Omit<TrainProbe, 'steps'>,
  calls: number | null = null,
): Promise<Cycle | null> => {
  const optimizers = context.facts.optimizers.map(({ name }) => name)
  const records = await trial.steps({ ...probe, observe: true, steps: calls ?? context.plan.run.train.accumulate })
  const waiting = () => optimizers.some((name) => !records.some((record) => applied(record, name)))
  while (calls === null && waiting()) {
    if (records.length >= Math.max(patience, 4 * context.plan.run.train.accumulate)) return null
    records.push(...(await trial.steps({ ...probe, observe: true, steps: 1 })))
  }
  return { records, gradients: new Map(optimizers.map((name) => [name, gradientsOf(context, records, name)])) }
}

const gradientsOf = ({ facts }: Context, records: readonly StepRecord[], optimizer: string): Map<string, number> => {
  const last = records.findLast((record) => applied(record, optimizer))
  const seen = new Map(Object.entries(last?.parameters ?? {}))
  return new Map(
    facts.tensors.flatMap(({ name, kind, tiedTo, optimizers }) => {
      const gradient = seen.get(name)?.gradient ?? null
      const mine = kind === 'parameter' && tiedTo === null && optimizers.includes(optimizer)
      return mine && gradient !== null ? [[name, gradient] as const] : []
    }),
  )
}

/** L2 norm over all parameters of an optimizer. */
export const whole = (gradients: ReadonlyMap<string, number>): number => Math.hypot(...gradients.values())

/** The records, or null where the program crashes on them: batches that a run never has are its own business. */
export const orNull = async <T>(records: Promise<T>): Promise<T | null> => {
  try {
    return await records
  } catch (error) {
    if (error instanceof Crash && error.stage === 'train') return null
    throw error
  }
}
