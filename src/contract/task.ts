// What an experiment is for. A task fixes the outputs, the metrics, their direction and what chance means.
// It holds declarations only; chance levels are computed in preflight/, losses by the engines.
import { z } from 'zod'

export const direction = z.enum(['min', 'max'])
export type Direction = z.infer<typeof direction>

const classification = z.strictObject({
  kind: z.literal('classification'),
  /** Number of classes C; labels are integers 0 … C−1. */
  classes: z.int().min(2),
  /** Label smoothing ε of the training loss, 0 ≤ ε < 1. */
  smoothing: z.number().min(0).lt(1).default(0),
  /** Weights came from elsewhere: the first loss must beat chance instead of meeting it. */
  pretrained: z.boolean().default(false),
})

const regression = z.strictObject({
  kind: z.literal('regression'),
  /** Number of target values a sample. */
  outputs: z.int().min(1).default(1),
  pretrained: z.boolean().default(false),
})

const custom = z.strictObject({
  kind: z.literal('custom'),
  expect: z.strictObject({
    /** Expected value of each named loss term at initialisation. */
    initial: z.record(z.string(), z.number()).default({}),
    /** Lowest reachable loss on one batch, or 'unknown'. */
    floor: z.union([z.number(), z.literal('unknown')]).default('unknown'),
  }),
  pretrained: z.boolean().default(false),
})

export const task = z.discriminatedUnion('kind', [classification, regression, custom])
export type Task = z.infer<typeof task>

/** A metric as the run file names it: `<split>_<metric>`, for one `val_accuracy`. */
export const metric = z.object({ name: z.string(), direction })
export type Metric = z.infer<typeof metric>
