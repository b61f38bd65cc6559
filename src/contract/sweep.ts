// A sweep: several trials of one experiment, each a point of a space, written as one plan; and what is recorded of them.
// Not how points are drawn (plan/), nor which trial goes on (decide/).
import { z } from 'zod'
import { measured } from './measured.ts'
import { metric } from './task.ts'

const bounds = z.tuple([z.number(), z.number()])
const positiveBounds = z.tuple([z.number().positive(), z.number().positive()])
const points = z.int().min(2)
/** Key → the value, or one of the values, that it must have. */
const when = z.record(z.string(), z.unknown())

export const dimension = z.union([
  /** `all`: every choice that the schema of the config has here. */
  z.strictObject({ values: z.union([z.literal('all'), z.array(z.unknown()).min(1)]), when: when.optional() }),
  z.strictObject({ linear: bounds, points: points.optional(), when: when.optional() }),
  z.strictObject({ log: positiveBounds, points: points.optional(), when: when.optional() }),
])
export type Dimension = z.output<typeof dimension>

export const sampler = z.enum(['grid', 'random', 'sobol'])
export type Sampler = z.infer<typeof sampler>
export const prune = z.enum(['none', 'median', 'asha', 'hyperband'])
export type Prune = z.infer<typeof prune>

/** `sweep:` of a run file. */
export const sweepSettings = z.strictObject({
  sampler: sampler.default('sobol'),
  /** Null: as many as the grid has points, or one where nothing but seeds differs. */
  trials: z.int().min(1).max(100_000).nullable().default(null),
  /** Trials that train at once. */
  parallel: z.int().min(1).max(256).default(1),
  /** Of the sampler; trials train with `seed` or `seeds`. */
  seed: z.int().min(0).max(0xffff_ffff).default(0),
  prune: prune.default('none'),
  /** asha, hyperband: one in so many goes on, and trains so many times as long. */
  reduction: z.int().min(2).max(16).default(3),
  /** Share of the run before which no trial is judged. */
  first: z.number().gt(0).max(1).default(0.1),
  /** median: trials that are never judged, because there is too little to judge by. */
  startup: z.int().min(1).default(5),
  space: z.record(z.string(), dimension).default({}),
})
export type SweepSettings = z.output<typeof sweepSettings>

/** A number of seeds, counted up from `seed`, or a list. */
export const seeds = z.union([z.int().min(1).max(1000), z.array(z.int().min(0).max(0xffff_ffff)).min(1).max(1000)])

/** A parameter of the space, with its place in the config's schema settled. */
export type Parameter = {
  /** As written: `config.learning_rate`. */
  readonly key: string
  readonly range:
    | { readonly kind: 'values'; readonly values: readonly unknown[] }
    | {
        readonly kind: 'linear' | 'log'
        readonly low: number
        readonly high: number
        readonly integer: boolean
        /** Of a grid. */
        readonly points: number | null
      }
  /** Key → the values at which this parameter exists. */
  readonly when: ReadonlyMap<string, readonly unknown[]>
}

/** Values by key; a parameter that does not exist at this point has none. */
export type Point = Readonly<Record<string, unknown>>

export const trial = z.strictObject({
  /** The first is 1. */
  trial: z.int().min(1),
  point: z.record(z.string(), z.unknown()),
  /** One run a seed; the folder has its name from the start, so that a kill at any moment leaves nothing unknown. */
  runs: z.array(z.strictObject({ seed: z.int(), run: z.string(), file: z.string() })).min(1),
})
export type Trial = z.infer<typeof trial>

/** sweep.json: everything that is decided before the first trial. */
export const sweepPlan = z.strictObject({
  gonogo: z.literal(1),
  name: z.string(),
  id: z.string(),
  created: z.string(),
  /** The run file, absolute, and its folder. */
  file: z.string(),
  folder: z.string(),
  settings: sweepSettings,
  /** Checks that were left out on the command line, with the reason: a resume that still has to poll leaves them out too. */
  skip: z.array(z.tuple([z.string(), z.string()])).default([]),
  trials: z.array(trial).min(1),
})
export type SweepPlan = z.infer<typeof sweepPlan>

/** What became of one run of a trial, as far as it was to go. */
export const outcome = z.strictObject({
  /** done: its whole length, or as long as its own rules let it. paused: as far as this rung. */
  state: z.enum(['done', 'paused', 'failed']),
  /** Best value so far; null where it has none that counts. */
  value: measured.nullable(),
  step: z.int(),
  /** Of its whole length. */
  steps: z.int(),
  seconds: z.number(),
  /** Share of its length, value: every evaluation so far. */
  curve: z.array(z.tuple([z.number(), measured])),
  /** Why it ended or failed. */
  sentence: z.string(),
})
export type Outcome = z.infer<typeof outcome>

export const sweepEvent = z.discriminatedUnion('type', [
  /** The preflight that all trials share. */
  z.strictObject({
    type: z.literal('polled'),
    /** The first that could be opened. */
    trial: z.int(),
    verdict: z.enum(['GO', 'NO-GO']),
    seconds: z.number(),
    loadSeconds: z.number(),
    objective: metric,
    /** Shares of a run at which trials are judged; the last is 1. */
    rungs: z.array(z.number()),
    /** Files of the experiment, as they were polled: path → sha256. */
    code: z.array(z.tuple([z.string(), z.string()])),
  }),
  z.strictObject({
    type: z.literal('reported'),
    trial: z.int(),
    seed: z.int(),
    rung: z.int(),
    run: z.string(),
    outcome,
  }),
  z.strictObject({ type: z.literal('ended'), reason: z.enum(['done', 'no-go']), best: z.int().nullable() }),
])
export type SweepEvent = z.infer<typeof sweepEvent>
export type SweepEventOf<T extends SweepEvent['type']> = Extract<SweepEvent, { type: T }>
