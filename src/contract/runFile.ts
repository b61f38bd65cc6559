// The run file: one YAML file is one experiment. This is its schema after `extends` has been merged.
// `config:` is checked against the schema that the experiment itself declares, not here.
import { z } from 'zod'
import { seeds, sweepSettings } from './sweep.ts'

/** Engine options, checked against the schema of the engine they name. */
const engineOptions = z.record(z.string(), z.record(z.string(), z.unknown()))

const positive = z.int().min(1)

export const length = z.union([z.strictObject({ epochs: positive }), z.strictObject({ steps: positive })])
export type Length = z.infer<typeof length>

const every = z.union([z.strictObject({ epochs: positive }), z.strictObject({ steps: positive })])
const everyOrMinutes = z.union([
  z.strictObject({ epochs: positive }),
  z.strictObject({ steps: positive }),
  z.strictObject({ minutes: z.number().positive() }),
])

export const retention = z.strictObject({
  // two, so that there is one to fall back to where the newest is damaged
  latest: z.int().min(1).default(2),
  best: z.int().min(0).default(1),
  top: z.int().min(0).default(0),
})
export type Retention = z.infer<typeof retention>

export const checkLevel = z.enum(['block', 'warn', 'skip'])
export type CheckLevel = z.infer<typeof checkLevel>

const checkSetting = z.strictObject({
  level: checkLevel,
  /** Required where the level lowers a guard; shown wherever the check is. */
  reason: z.string().min(1).optional(),
})

export const stopMode = z.enum(['off', 'advise', 'stop'])
export type StopMode = z.infer<typeof stopMode>

/** What the benchmark rule asks for before it speaks; docs/stopping.md says where the defaults come from. */
export const benchmarkSettings = z.strictObject({
  min_delta: z.number().min(0).default(0),
  z: z.number().min(0).default(3),
  lag: z
    .strictObject({ start: z.number().min(0).max(2).default(0.4), end: z.number().min(0).max(2).default(0.9) })
    .prefault({}),
  pace: z.number().min(0).default(1.5),
  remaining: z.number().min(0).default(0.75),
  /** A run that slows down too much is lost before it is behind. `from: 1` switches this off. */
  short: z
    .strictObject({ from: z.number().min(0).max(1).default(0.4), pace: z.number().min(0).default(1.5) })
    .prefault({}),
  swing: z.number().positive().default(0.5),
  warm_up: z.number().min(0).max(1).default(0.15),
  hold: z
    .strictObject({ evaluations: positive.default(2), fraction: z.number().min(0).max(1).default(0.05) })
    .prefault({}),
  /** Share of stop verdicts that are not obeyed, so that false stops are measured. */
  audit: z.number().min(0).max(1).default(0.1),
})
export type BenchmarkSettings = z.output<typeof benchmarkSettings>

export const precision = z.enum(['float32', 'bfloat16', 'float16'])
/** What a resumed run shares with the straight one: every step; whole epochs; weights, optimizer and schedule alone. */
export const resumeKind = z.enum(['exact', 'epoch', 'approximate'])
export type ResumeKind = z.infer<typeof resumeKind>
export const device = z.enum(['auto', 'cpu', 'cuda', 'webgpu'])

/** How long a warm-up lasts: steps, epochs, or a share of the run. */
const warmup = z.union([
  z.strictObject({ steps: z.int().min(0) }),
  z.strictObject({ epochs: z.number().min(0) }),
  z.strictObject({ share: z.number().min(0).max(1) }),
])

/** What the learning rate is to do, largest rate of all groups. The experiment sets it; a check holds it to this. */
export const scheduleDeclared = z.strictObject({
  /** The highest rate. */
  peak: z.number().positive().optional(),
  warmup: warmup.optional(),
  /** The rate of the last step. */
  end: z.number().min(0).optional(),
})
export type ScheduleDeclared = z.output<typeof scheduleDeclared>

/** What the whole run may take, by a forecast made before it begins. Units stand in the names. */
export const allowance = z.strictObject({
  minutes: z.number().positive().optional(),
  disk_gigabytes: z.number().positive().optional(),
  memory_gigabytes: z.number().positive().optional(),
  kilowatt_hours: z.number().positive().optional(),
  /** Money, from the time, the energy, or both. */
  cost: z
    .strictObject({
      limit: z.number().positive(),
      per_hour: z.number().min(0).default(0),
      per_kilowatt_hour: z.number().min(0).default(0),
    })
    .optional(),
  carbon: z.strictObject({ kilograms: z.number().positive(), grams_per_kilowatt_hour: z.number().min(0) }).optional(),
})
export type Allowance = z.output<typeof allowance>

export const runFile = z.strictObject({
  gonogo: z.literal(1),
  /** Names the run folder: letters, digits, dot, dash, underscore. Never inherited. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash or underscore, 64 at most'),
  /** Path of the experiment, relative to the file that says it. */
  experiment: z.string().min(1),
  engine: engineOptions.default({}),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
  /** Several runs that differ in nothing else: a number of seeds from `seed` on, or a list. */
  seeds: seeds.optional(),
  device: device.default('auto'),
  /** Processes that train together, each on its share of every batch: data parallel on this machine. */
  world: z.int().min(1).max(1024).default(1),
  /** CPU threads of the arithmetic; null takes every core. Bitwise equality is promised at a fixed count. */
  threads: positive.nullable().default(null),
  /** The metric that keeper, stopper and comparison share; null takes the task's own. */
  objective: z.string().nullable().default(null),
  config: z.record(z.string(), z.unknown()).default({}),
  /** Null: exact. A lower kind lets another position in the data or other noise pass with a warning. */
  resume: resumeKind.nullable().default(null),
  schedule: scheduleDeclared.optional(),
  train: z.strictObject({
    length,
    batch_size: positive.default(128),
    accumulate: positive.default(1),
    clip_norm: z.number().positive().nullable().default(null),
    precision: precision.default('float32'),
    /** Processes that make the batches of managed data. They change no sample, so they do not enter the fingerprint. */
    workers: z.int().min(0).max(256).default(0),
  }),
  evaluate: z.strictObject({ every: every.default({ epochs: 1 }), batch_size: positive.default(500) }).prefault({}),
  checkpoint: z
    .strictObject({ every: everyOrMinutes.default({ epochs: 1 }), keep: retention.prefault({}) })
    .prefault({}),
  preflight: z
    .strictObject({
      budget: z.strictObject({ seconds: z.number().positive().default(60) }).prefault({}),
      /** How old a pass of `gonogo check` may be for `gonogo train` to rest on it; 0: it always polls itself. */
      reuse: z.strictObject({ hours: z.number().min(0).default(24) }).prefault({}),
      /**
       * A small model of the same code, for a model too large to be opened and trained again and again: these keys of `config` replace
       * the run's own in all checks that do so. What only the large one can show is asked of it once.
       */
      proxy: z.strictObject({ config: z.record(z.string(), z.unknown()) }).optional(),
      /** So many inputs with their labels are drawn in the report; none unless asked, since data may be private. */
      inputs: z.int().min(0).max(32).default(0),
      /** Share of validation inputs that may be training inputs too. */
      overlap: z.number().min(0).max(1).default(0.01),
      checks: z.record(z.string(), checkSetting).default({}),
    })
    .prefault({}),
  budget: allowance.optional(),
  /** Several runs, each at a point of a space. Null: none, where the file that is extended has one. */
  sweep: sweepSettings.nullable().optional(),
  stop: z
    .strictObject({
      mode: stopMode.default('advise'),
      patience: z
        .strictObject({ evaluations: positive, min_delta: z.number().min(0).default(0) })
        .nullable()
        .default(null),
      /** A loss this many times the first validation loss is a divergence. */
      divergence: z.number().gt(1).default(10),
      /** A named baseline (`mnist-cnn`, `mnist-cnn@2`) or an earlier run: shown beside this one, and the benchmark rule's measure. */
      baseline: z.string().nullable().default(null),
      benchmark: benchmarkSettings.prefault({}),
      prechelt: z
        .strictObject({
          gl: z.number().positive().nullable().default(null),
          pq: z.number().positive().nullable().default(null),
          up: positive.nullable().default(null),
          strip: positive.default(5),
        })
        .nullable()
        .default(null),
      budget: z
        .strictObject({
          steps: positive.nullable().default(null),
          minutes: z.number().positive().nullable().default(null),
          cost: z
            .strictObject({ limit: z.number().positive(), per_hour: z.number().positive() })
            .nullable()
            .default(null),
          energy: z
            .strictObject({ kilowatt_hours: z.number().positive(), watts: z.number().positive() })
            .nullable()
            .default(null),
        })
        .nullable()
        .default(null),
    })
    .prefault({}),
})

/** The run file as the plan holds it: every default written out. */
export type RunFile = z.output<typeof runFile>
/** The run file as a person writes it. */
export type RunFileInput = z.input<typeof runFile>
