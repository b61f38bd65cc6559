// What an evaluation can be asked, and what it answers. The same for every engine and in every language.
// Not training steps and looks at the data alone: subject.ts.
import { z } from 'zod'
import { arithmetic } from './facts.ts'
import { measurements } from './measured.ts'
import { corruption, order, predictions } from './probe.ts'

export const split = z.enum(['train', 'val', 'test'])
export type Split = z.infer<typeof split>

export const evalProbe = z.object({
  split: split.default('val'),
  /** Null: as the run file says. */
  batchSize: z.int().min(1).nullable().default(null),
  /** Only the first so many samples. */
  limit: z.int().min(1).nullable().default(null),
  /** Every sample of the split, whatever this subject was limited to. */
  whole: z.boolean().default(false),
  /** These places of the whole split alone, in this order; of the training split, as batches number them. `limit`, `order` and `whole` then mean nothing. */
  ids: z.array(z.int().min(0)).min(1).nullable().default(null),
  /** Return outputs and targets of every sample evaluated. */
  perSample: z.boolean().default(false),
  /** Put the rng where it was before the evaluation began, so that two evaluations draw the same noise. */
  sameNoise: z.boolean().default(false),
  /** Begin from other global generators, as the next evaluation of a run does, and put them back. */
  otherNoise: z.boolean().default(false),
  /** The order of the samples; per-sample outputs come in it. */
  order: order.default('given'),
  /** What is done to each batch before the evaluation sees it. */
  corrupt: corruption.nullable().default(null),
  /** What the metrics are made of instead of the model's outputs. The report says whether it could be done. */
  predictions: predictions.nullable().default(null),
  /** Report which modules were in training mode when the model was called. */
  modes: z.boolean().default(false),
  /** Note the samples that pass, so that those of training can be compared with them. */
  watch: z.boolean().default(false),
})
export type EvalProbe = z.input<typeof evalProbe>

/** Outputs of `count` samples, float32 [count, ...shape], and targets alike: `shape` is that of one sample. Little-endian, base64. */
export const perSample = z.object({
  count: z.int(),
  outputs: z.object({ shape: z.array(z.int()), float32: z.string() }),
  targets: z.object({ shape: z.array(z.int()), dtype: z.enum(['int32', 'float32']), bytes: z.string() }),
  /** The coarsest arithmetic that the outputs showed, before they became float32. */
  arithmetic: arithmetic.optional(),
})
export type PerSample = z.infer<typeof perSample>

export const evaluation = z.object({
  split,
  samples: z.int(),
  batches: z.int(),
  /** Every batch held as many samples as the first; null: unknown. */
  even: z.boolean().nullable().optional(),
  /** Without the split's name: loss, accuracy, … */
  metrics: measurements,
  seconds: z.number(),
  perSample: perSample.optional(),
  /** Where predictions were to be replaced: done, or why not (then the metrics mean nothing). */
  replaced: z.union([z.literal('yes'), z.object({ no: z.string() })]).optional(),
  /** Modules in training mode while evaluating, where asked. */
  training: z.array(z.string()).optional(),
  /**
   * Draws inside the model’s calls by modules of the project that were in evaluation mode, `file:line`, where `modes` was asked: a
   * dropout of what the model made, one of an attention’s shares, and other noise. Absent where the same samples went through several times: that is an average, and meant.
   */
  noise: z
    .object({
      dropped: z.array(z.string()).default([]),
      attention: z.array(z.string()).default([]),
      drawn: z.array(z.string()).default([]),
    })
    .optional(),
  /** What each rank reported, where several evaluate together. */
  ranks: z.array(z.object({ samples: z.int(), metrics: measurements })).optional(),
})
export type Evaluation = z.infer<typeof evaluation>
