// A plan, or what one will be made of, as the request that opens its experiment.
// It starts nothing.
import { availableParallelism } from 'node:os'
import type { Plan } from '../contract/plan.ts'
import type { RunFile } from '../contract/runFile.ts'
import type { OpenRequest } from '../contract/subject.ts'

/** Enough to open an experiment before there is a plan: `config` with its defaults, `experiment` absolute. */
export type Pieces = {
  readonly run: RunFile
  readonly config: Record<string, unknown>
  readonly experiment: string
}

export type Changes = {
  /** Another seed than the run file's. */
  readonly seed?: number
  /** Preflight only: fewer batches and samples. */
  readonly limit?: Partial<OpenRequest['limit']>
  /** Note which files are read. */
  readonly notesReads?: boolean
}

const threadsOf = (from: Plan | Pieces): number => {
  if (from.run.threads !== null) return from.run.threads
  // a plan goes on with the count it began with, on whatever machine: bitwise equality holds at a fixed count
  const recorded = 'environment' in from ? from.environment.threads : undefined
  return typeof recorded === 'number' && recorded >= 1 ? recorded : availableParallelism()
}

/**
 * How the experiment of a plan is opened.
 *
 * @example await engine.open(openRequest(plan, { seed: plan.run.seed + 1, limit: { trainBatches: 8 } }))
 */
export const openRequest = (from: Plan | Pieces, { seed, limit, notesReads }: Changes = {}): OpenRequest => {
  const { train, evaluate, world } = from.run
  return {
    experiment: from.experiment,
    config: 'config' in from ? from.config : from.run.config,
    seed: seed ?? from.run.seed,
    threads: threadsOf(from),
    length: train.length,
    batchSize: train.batch_size,
    evaluateBatchSize: evaluate.batch_size,
    accumulate: train.accumulate,
    clipNorm: train.clip_norm,
    precision: train.precision,
    device: from.run.device,
    world: { rank: 0, size: world, address: world === 1 ? null : '127.0.0.1:0' },
    ...(train.workers > 0 ? { workers: train.workers } : {}),
    ...(notesReads ? { notesReads } : {}),
    limit: { trainBatches: limit?.trainBatches ?? null, valSamples: limit?.valSamples ?? null },
  }
}
