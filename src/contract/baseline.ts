// A baseline: seeds of one experiment that others are measured against, versioned, in a file that lives in the project's git.
// Not a run: it outlives the run folders it was made from, and names nothing that would be executed.
import { z } from 'zod'
import { measured } from './measured.ts'
import { metric } from './task.ts'

/** What must agree for two runs to be compared: the question asked, not how it is answered. */
export const comparable = z.strictObject({
  objective: metric,
  /** sha256 of the validation split. */
  data: z.string().nullable(),
  /** The task and its metrics: what an evaluation computes. */
  evaluation: z.string(),
  /** Steps of the whole run. */
  steps: z.int(),
  batchSize: z.int(),
})
export type Comparable = z.infer<typeof comparable>

export const baselineSeed = z.strictObject({
  run: z.string(),
  seed: z.int(),
  /** Of the whole plan. */
  fingerprint: z.string(),
  /** Fraction of the budget, value of the objective. */
  curve: z.array(z.tuple([z.number(), measured])),
  /** Best value of the whole run. */
  best: z.number(),
  /** Learning rate relative to its peak, at even points of the budget; null where the run told none. */
  schedule: z.array(z.number()).nullable().default(null),
  /** Training loss and learning rate of its first steps; null where the run told none. */
  start: z
    .array(z.tuple([measured, measured]))
    .nullable()
    .default(null),
})
export type BaselineSeed = z.infer<typeof baselineSeed>

/** What the first steps of a run are held against. */
export type Beginning = {
  /** Of the baseline, with its version. */
  readonly name: string
  readonly seeds: readonly Pick<BaselineSeed, 'run' | 'seed' | 'fingerprint' | 'start'>[]
  /** In what the two ask different questions; empty where they may be compared. */
  readonly differs: readonly string[]
}

export const baselineVersion = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash or underscore, 64 at most'),
  version: z.int().min(1),
  /** ISO time. */
  made: z.string(),
  comparable,
  seeds: z.array(baselineSeed).min(1),
  /** How it beat the version before, in words and numbers; null for the first. */
  against: z.string().nullable(),
  /** Why it was set without such proof; null where there was proof or no need. */
  reason: z.string().nullable(),
})
export type BaselineVersion = z.infer<typeof baselineVersion>

export const baselineFile = z.strictObject({ gonogo: z.literal(1), baselines: z.array(baselineVersion) })
export type BaselineFile = z.infer<typeof baselineFile>
