// What a trace tells of one observed step: what the losses were given, which rows and columns differ, what was drawn and held.
// Not the probe that asks for it (subject.ts), nor what a check makes of it.
import { z } from 'zod'
import { measured } from './measured.ts'

const distinct = z.object({
  rows: z.int(),
  distinctRows: z.int(),
  columns: z.int(),
  distinctColumns: z.int(),
  zero: z.boolean(),
})

/** What the graph of a step shows. */
export const trace = z.object({
  /** Loss term → parameters that it reaches, frozen ones left out; null where its graph is not seen. */
  terms: z.record(z.string(), z.array(z.string()).nullable()),
  /** Parameters that the loss reaches; null where no graph was seen. */
  loss: z.array(z.string()).nullable(),
  /** Leaf tensors that the loss reaches, that no module and no optimizer of the experiment holds. */
  strays: z.array(
    z.object({
      /** `module.name` of a global that is it; null where it has no name. */
      name: z.string().nullable(),
      shape: z.array(z.int()),
      /** The same tensor, with the same values, was met in the step before: no input of this batch, and nobody moves it. */
      stays: z.boolean(),
      /** L2 norm of its gradient after the step; null where there is none. */
      gradient: measured.nullable(),
    }),
  ),
  /**
   * Dropout and batch norm that the step called among layers that train: how many in training mode, and which never.
   * `spectators`: parameters in no optimizer, of parts that are in evaluation mode when the step is over.
   */
  modes: z
    .object({ training: z.int(), resting: z.array(z.string()), spectators: z.array(z.string()).optional() })
    .optional(),
  /** `file:line` of each sum that adds to the loss what hangs on the model and has no gradient; '' where the line is not the project's. */
  constants: z.array(z.string()).optional(),
  /** Those of them that come from a derivative whose graph was not made, and that nobody detached by hand. */
  derivatives: z.array(z.string()).optional(),
  /**
   * Gradients are clipped after the update that used them, or (`void`) where there are none, before the backward pass that makes them; and none
   * lay there when the step's first backward pass began.
   */
  clipping: z.object({ late: z.boolean(), void: z.boolean().default(false), cleared: z.boolean() }).optional(),
  /** Pairs of fields of the batch that hold the same measured values, both of which went into a module. */
  views: z.array(z.array(z.string())).optional(),
  /** Digests of what the step itself drew at random, eight values or more each, in order. */
  draws: z.array(z.string()).optional(),
  /** Arrays that a module holds as plain attributes, and that the step used → their digest before it. */
  loose: z.record(z.string(), z.string()).optional(),
  /** Optimizer → parameters that it updated with gradients of two places: another optimizer stepped in between. */
  mixed: z.record(z.string(), z.int()).optional(),
  /** Copy of a network that no gradient moves → its distance from that network after the step, in lengths of the step. */
  behind: z.record(z.string(), measured).optional(),
  /** The framework's own losses that were called, and those that were given what they do not take. Absent where nobody looks. */
  losses: z
    .object({
      called: z.array(z.string()),
      faults: z.array(
        z.object({
          function: z.string(),
          /** `file:line` of the call. */
          where: z.string().nullable(),
          fault: z.enum([
            /** Log probabilities are asked for: these are normalised along `axis` instead of `wanted`. */
            'other-axis',
            /** … these are probabilities themselves. */
            'probabilities',
            /** … these are not normalised, and exceed 0. */
            'no-log-probabilities',
            /** Logits are asked for: this is the outcome of `how`, a sigmoid or softmax. */
            'squashed',
            /** One class a sample is asked for, or shares that sum to 1: several classes are 1. */
            'several-classes',
            /** Targets of 0 to 1 are asked for. */
            'targets-beyond',
            /** (N, 1) against (N). */
            'every-pair',
            /** Targets of −1 and 1 are asked for: these are 0 and 1. */
            'signs',
            /** Logits are a set's similarities to itself: each row competes with itself, … */
            'self-among-others',
            /** … or is asked for itself. */
            'self-asked-for',
            /** A class whose logit was masked is asked for. */
            'target-masked',
            /** Targets beyond the range of `how`, whose outcome is compared with them: `share` of their variance stays in any case. */
            'out-of-reach',
            /** Raw scores, picked by shares of classes, are the loss: nothing bounds it. */
            'raw-scores',
            /** The log probability of what is asked for is made small. */
            'likelihood-minimised',
            /** A mean over all places, of what was multiplied by a mask: of which `share` is left. */
            'masked-mean',
          ]),
          axis: z.int().optional(),
          wanted: z.int().optional(),
          how: z.string().optional(),
          largest: measured.optional(),
          most: measured.optional(),
          low: measured.optional(),
          high: measured.optional(),
          given: z.array(z.int()).optional(),
          target: z.array(z.int()).optional(),
          of: z.int().optional(),
          share: measured.optional(),
        }),
      ),
    })
    .optional(),
  /** Fields of the batch that no term of the loss hangs on. Absent where nobody can tell. */
  unheeded: z.array(z.string()).optional(),
  /**
   * Where the model's outputs lose which values are of which sample: a reshape takes the batch's axis for another one, a softmax of three
   * axes or more runs over it. Absent where nobody can tell.
   */
  torn: z.array(z.object({ where: z.string().nullable(), how: z.enum(['reshape', 'softmax']) })).optional(),
  /** Parameters of two dimensions or more, as matrices [first size, rest]: how many rows and columns are bitwise different. */
  symmetry: z.record(z.string(), z.object({ weights: distinct, gradients: distinct.nullable() })),
})
export type Trace = z.infer<typeof trace>
