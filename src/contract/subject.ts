// What an opened experiment can be asked and what it answers. The same for every engine and in every language.
// Probes are questions, reports are answers; both are plain JSON.
import { z } from 'zod'
import { split } from './evaluation.ts'
import { section } from './facts.ts'
import { measured, measurements } from './measured.ts'
import { thumbnail } from './picture.ts'
import { corruption, memory } from './probe.ts'
import { device } from './runFile.ts'
import { trace } from './trace.ts'

/** Asks for training steps from where the subject stands. */
export const trainProbe = z.object({
  /** Calls of the step function. */
  steps: z.int().min(1),
  /**
   * The next batches of the run; or one batch of this many samples again and again; or training samples by id, one list a step,
   * from the first list again after the last. Only live batches move the data position. Others are decoded from noise of their own,
   * the same each time.
   */
  batch: z
    .union([
      z.literal('live'),
      z.object({ frozen: z.int().min(1) }),
      z.object({ ids: z.array(z.array(z.int().min(0)).min(1)).min(1) }),
    ])
    .default('live'),
  /** What is done to each batch before the step sees it. */
  corrupt: corruption.nullable().default(null),
  /** Forces the rate of every group, whatever the schedule says. */
  learningRate: z.number().nullable().default(null),
  /** Multiplies the rate that the schedule gives; with `learningRate`, nothing. */
  learningRateFactor: z.number().nullable().default(null),
  /** Suppressed: everything runs, and parameters and optimizer state stay as they are. Buffers, generators and counters go on. */
  updates: z.enum(['applied', 'suppressed']).default('applied'),
  /** Calls of the managed step that make one update. Null: as the run file says. Start at a multiple of it. */
  accumulate: z.int().min(1).nullable().default(null),
  /** False: dropout, weight decay, augmentation and label smoothing are off for these steps. */
  regularisation: z.boolean().default(true),
  /** False: batch norm normalises with its running statistics, so that no sample's gradient depends on the others. */
  statistics: z.boolean().default(true),
  /**
   * Report gradient and change of each parameter, and the record's other observed fields. `frugal`: without a copy of the weights or
   * of the gradients; changes are then those of some elements of each parameter, scaled up, and inner products are left out.
   */
  observe: z.union([z.boolean(), z.literal('frugal')]).default(false),
  /** With `observe`: look along the graph of the first two steps, and report it with them. */
  trace: z.boolean().default(false),
  /** Report the ids of each step's samples, for a later probe to train on again. */
  ids: z.boolean().default(false),
  /** With `observe`: report so many elements of the whole raw gradient, at places spread evenly over all trainable parameters. */
  elements: z.int().min(0).max(100_000).default(0),
  /** Multiplies the loss scale before the first of these steps, where there is a loss scaler. The caller restores the state. */
  lossScaleFactor: z.number().positive().nullable().default(null),
  /** Count, after the last step, the operations whose graphs are still held. Slow: tenths of a second. */
  census: z.boolean().default(false),
  /** Look at the samples that pass, within a hundredth of their time, and report on the last record of a group now and then. */
  watch: z.boolean().default(false),
})
export type TrainProbe = z.input<typeof trainProbe>

/** One update that one optimizer made, or did not make, during one step call. */
export const update = z.object({
  optimizer: z.string(),
  outcome: z.enum(['applied', 'accumulated', 'skipped']),
  learningRates: z.array(measured),
  /** L2 norm over all gradients, before clipping, unscaled; null where it was not observed. */
  gradientNorm: measured.nullable(),
  /** The same as the optimizer saw it: after clipping, unscaled. */
  clippedNorm: measured.nullable().optional(),
  /** Observed: the same of what lies in the gradients when the step is over; null where nothing does. */
  leftNorm: measured.nullable().optional(),
  /** Observed, where a loss scaler made it: what the loss was multiplied with. */
  lossScale: measured.optional(),
})
export type Update = z.infer<typeof update>

export const parameterChange = z.object({
  /** L2 norm of the gradient before clipping, unscaled; null where there was none (not zero: none). */
  gradient: measured.nullable(),
  /** L2 norm of the gradient as the optimizer saw it; null where no optimizer stepped with one. */
  clipped: measured.nullable().optional(),
  /** ⟨gradient as the optimizer saw it, change⟩: below zero, the step descends. Null as `clipped` is. */
  descent: measured.nullable().optional(),
  /** L2 norm of the change of the parameter over this step. */
  change: measured,
  /** L2 norm of the parameter before this step. */
  norm: measured,
})

/** Number of samples and a digest of their ids, in order. */
const sampled = z.object({ count: z.int(), digest: z.string(), ids: z.array(z.int()).optional() })

/** Samples that passed while training went on, by the hash of their decoded input. */
export const inFlight = z.object({
  /** Training samples that were looked at; of the first epoch, those that are validation samples too, and how many different ones. */
  looked: z.int(),
  common: z.int(),
  distinct: z.int(),
  /** Different validation samples whose hashes are known. */
  validation: z.int(),
  /** Pairs of a training sample and another one that it was compared with, and training samples that had a twin there. */
  pairs: z.number(),
  twins: z.int(),
  /** Samples that came again in a later epoch, and those of them that were decoded to something else. */
  again: z.int(),
  changing: z.int(),
  /** Samples with NaN or infinite input values. */
  notFinite: z.int(),
  /** The first of each, by its id. */
  commonAt: z.int().nullable(),
  notFiniteAt: z.int().nullable(),
})
export type InFlight = z.infer<typeof inFlight>

export const stepRecord = z.object({
  /** Steps done since the start of the run, this one included: the first is 1. */
  step: z.int(),
  /** Epoch this step belongs to: the first is 1. */
  epoch: z.int(),
  /** Mean training loss of the batch, the sum of `terms`. */
  loss: measured,
  terms: measurements,
  updates: z.array(update),
  samples: sampled,
  /** The record's whole raw gradient against that of the probe's first observed step that had one: |g|/|g₁| and cosine. */
  againstFirst: z.object({ ratio: measured, cosine: measured }).optional(),
  /** Observed: NaN and infinite elements of raw gradients, and of optimizer state after the step. */
  nonFinite: z.object({ gradients: z.int(), optimizer: z.int() }).optional(),
  /** Where asked: elements of the whole raw gradient, 0 where a parameter has none. The same places at every step of a subject. */
  elements: z.array(measured).optional(),
  trace: trace.optional(),
  /** On the last record of each group. */
  memory: memory.optional(),
  parameters: z.record(z.string(), parameterChange).optional(),
  /** With `watch`, on the last record of a group: what has been seen since the process began. */
  inFlight: inFlight.optional(),
  /** Seconds of the step itself, and of waiting for its batch. */
  seconds: z.number(),
  wait: z.number(),
  /** What each rank has seen, where several train together; loss and samples above are those of all. */
  ranks: z.array(z.object({ loss: measured, samples: sampled, gradientNorm: measured.nullable() })).optional(),
})
export type StepRecord = z.infer<typeof stepRecord>

/** Asks for samples without training. `frozen`: the very samples that a frozen batch of this size holds. */
export const dataProbe = z.object({
  split: split.default('train'),
  frozen: z.int().min(1).nullable().default(null),
  limit: z.int().min(1).default(1000),
  /** Evenly spaced over what the split's loader covers, without any limit of a preflight, instead of the first ones. */
  spread: z.boolean().default(false),
  /** No further sample is decoded after so many. */
  seconds: z.number().positive().default(60),
  /** With `spread`: sketch and length of each sample, where there are such. */
  sketch: z.boolean().default(false),
  /** With `spread`: digests of the pieces of an input that is a stretch of a series. */
  blocks: z.boolean().default(false),
  /** With `spread`: each input as a small picture, where it has the shape of one. */
  thumbnails: z.boolean().default(false),
  /**
   * Training samples as training sees them, through its loader and workers: the first `batches` of each of the first `epochs`.
   * The run's position and generators are put back. `frozen` and `limit` then mean nothing. `same`: the loader is asked for this
   * one sample each time, so that what differs is what was drawn for it.
   */
  passes: z
    .object({ epochs: z.int().min(1), batches: z.int().min(1), same: z.int().min(0).nullable().default(null) })
    .nullable()
    .default(null),
})
export type DataProbe = z.input<typeof dataProbe>

export const sampleDigest = z.object({
  /** −1 where a loader does not tell. */
  id: z.int(),
  /** Hash of the decoded input. */
  hash: z.string(),
  mean: measured,
  std: measured,
  /** NaN or infinite input values. */
  nonFinite: z.int(),
  /** Class index, target values or null; null as well for more than 64 values of a sample that is one of many spread ones. */
  target: z.union([measured, z.array(measured), z.null()]),
  /** Patient, speaker, document …: samples that must not lie in two splits; where the data set tells. */
  group: z.string().optional(),
  /** Hash of what the data set holds of this sample before it decodes it: a path, a row; where it shows any. */
  stored: z.string().optional(),
  /**
   * Where asked: 64 float32, little-endian, base64: sums of the input's values with fixed signs, so that near inputs have near sketches.
   * The same for all samples of one subject, not across engines.
   */
  sketch: z.string().optional(),
  /** Of a custom task, beside a sketch: numbers of the fields that the loss hangs on and no output of the model does, where they are few. */
  asked: z.array(measured).optional(),
  /** Where asked: the input, from its smallest value to its largest, a byte a channel, row by row, base64. */
  thumbnail: thumbnail.optional(),
  /** Where asked: uint32 of each piece of a few rows, from the first offset to the last, little-endian, base64; 0: it hardly varies. */
  blocks: z.string().optional(),
  /** Where asked with `sketch`: hash of all fields together, where there are several and all are numbers. */
  whole: z.string().optional(),
  /** Where asked: the size of the input's first axis. */
  length: z.int().optional(),
  /** Of a pass: which epoch and batch, counted from 1, and which loader process, counted from 0. */
  epoch: z.int().optional(),
  batch: z.int().optional(),
  worker: z.int().nullable().optional(),
})
export type SampleDigest = z.infer<typeof sampleDigest>

export const stateProbe = z.discriminatedUnion('op', [
  /** Digests of every section; with `detail`, of every entry. `rank`: what that one of several processes holds. */
  z.object({ op: z.literal('digest'), detail: z.boolean().default(false), rank: z.int().min(0).optional() }),
  z.object({ op: z.literal('capture'), slot: z.string() }),
  /** `kept`: gradients that lie there stay; else they are those of the capture. */
  z.object({
    op: z.literal('restore'),
    slot: z.string(),
    gradients: z.enum(['restored', 'kept']).default('restored'),
  }),
  /** Replaces the section's values by others of the same shape and dtype. */
  z.object({ op: z.literal('scramble'), section }),
  /** Writes position and generators, and nothing else, into an existing empty folder; puts them back from there. */
  z.object({ op: z.literal('export'), dir: z.string() }),
  z.object({ op: z.literal('import'), dir: z.string() }),
])
export type StateProbe = z.input<typeof stateProbe>

export const stateEntry = z.object({
  name: z.string(),
  digest: z.string(),
  /** Tensors only: L2 norm and largest magnitude. */
  l2: measured.nullable(),
  absmax: measured.nullable(),
})
export type StateEntry = z.infer<typeof stateEntry>

export const stateReport = z.object({
  sections: z.array(z.object({ section, digest: z.string(), entries: z.array(stateEntry) })),
  /** Of a digest: what the project keeps under the names of weights, in the memory of those that train; absent where nobody looks. */
  aliases: z.array(z.string()).optional(),
  /** Global generators that the project's loop put to one and the same place at the beginnings of different epochs. */
  reseeded: z.array(z.string()).optional(),
  /** Keys of `config:` that the experiment has read since it was opened, dotted; absent where nobody looks. */
  configRead: z.array(z.string()).optional(),
})
export type StateReport = z.infer<typeof stateReport>

/** Asks what does not repeat bitwise. With `repeats`, the next step is made that many times more, each from where the subject stands. */
export const determinismProbe = z.object({ repeats: z.int().min(0).default(0) })
export type DeterminismProbe = z.input<typeof determinismProbe>

export const differingOperation = z.object({
  operation: z.string(),
  /** `file:line` of the experiment's line that called it, when known. */
  where: z.string().nullable(),
  /** Largest distance of two results, relative to the largest number in them; null where it was not measured. */
  spread: measured.nullable(),
  /** Results in a 16-bit number format. */
  coarse: z.boolean(),
  /** It draws random numbers: a generator was not put back, and nothing is wrong with the kernel. */
  draws: z.boolean(),
})
export type DifferingOperation = z.infer<typeof differingOperation>

export const determinismReport = z.object({
  /** `warn`, `error` or `off` of the framework's own switch; `always` where nothing else exists. */
  mode: z.string(),
  /** Operations that the framework itself calls non-deterministic and that have run so far. */
  named: z.array(z.object({ operation: z.string(), where: z.string().nullable() })),
  /** Operations that gave other results for equal inputs when the step was repeated, in the order of the step. */
  differing: z.array(differingOperation),
  /** Why nothing could be told by repeating. */
  reason: z.string().nullable(),
  /** What would make it repeat, in the words of the engine. */
  try: z.string().nullable(),
})
export type DeterminismReport = z.infer<typeof determinismReport>

export const persistProbe = z.discriminatedUnion('op', [
  /** Writes into an existing empty folder. `harness` is kept in state.json and given back by load. */
  z.object({ op: z.literal('save'), dir: z.string(), harness: z.unknown().optional() }),
  z.object({ op: z.literal('load'), dir: z.string() }),
])
export type PersistProbe = z.input<typeof persistProbe>

export const persistReport = z.object({
  files: z.array(z.object({ path: z.string(), bytes: z.number() })),
  harness: z.unknown().optional(),
  /** Load only. Names in the model and not in the file; in the file and not in the model; of another shape. */
  missing: z.array(z.string()),
  unexpected: z.array(z.string()),
  misshaped: z.array(z.string()),
})
export type PersistReport = z.infer<typeof persistReport>

/** Tensors found in a checkpoint that was opened on CPU without the experiment's code. */
export const weightsReport = z.object({
  files: z.array(z.object({ path: z.string(), format: z.string(), tensors: z.int(), error: z.string().nullable() })),
  tensors: z.array(stateEntry.extend({ shape: z.array(z.int()) })),
})
export type WeightsReport = z.infer<typeof weightsReport>

/** Names, shapes and number formats of the tensors of a checkpoint, from the heads of its files: however large, no value is read. */
export const headersReport = z.object({
  files: weightsReport.shape.files,
  tensors: z.array(z.object({ name: z.string(), shape: z.array(z.int()), dtype: z.string() })),
})
export type HeadersReport = z.infer<typeof headersReport>

/** Data parallel: which of the processes that train together this one is. */
export const world = z.object({
  rank: z.int().min(0),
  size: z.int().min(1),
  /** Where the ranks meet, `host:port`; port 0: any free one. Null: this process is alone, and is told of no world. */
  address: z.string().nullable(),
})
export type World = z.infer<typeof world>

/** How an experiment is opened. */
export const openRequest = z.object({
  experiment: z.string(),
  config: z.record(z.string(), z.unknown()),
  seed: z.int(),
  threads: z.int(),
  length: z.union([z.object({ epochs: z.int() }), z.object({ steps: z.int() })]),
  batchSize: z.int(),
  evaluateBatchSize: z.int(),
  accumulate: z.int(),
  clipNorm: z.number().nullable(),
  precision: z.string(),
  /** As the run file says; `auto` is the subject's to resolve. */
  device,
  /** Options of the engine itself, which it adds on the way to its worker. */
  options: z.record(z.string(), z.unknown()).optional(),
  world: world.default({ rank: 0, size: 1, address: null }),
  /** Processes that make the batches of managed data; none: the subject's own makes them. */
  workers: z.int().optional(),
  /** Note which files are read, as every subject with a limit does. */
  notesReads: z.boolean().optional(),
  /** Preflight only: epochs of this many batches, validation of this many samples. */
  limit: z.object({ trainBatches: z.int().nullable(), valSamples: z.int().nullable() }),
})
export type OpenRequest = z.input<typeof openRequest>
