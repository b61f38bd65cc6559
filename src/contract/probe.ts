// Closer looks at an opened experiment: what a probe may change on the way, and reports that only some probes ask for.
// The probes that every run uses (train, evaluate, state, persist) are in subject.ts.
import { z } from 'zod'
import { measured } from './measured.ts'

/**
 * What is done to a batch. Orders and noise come from `drawOf`, the same on every engine.
 * `perturbed` adds noise of `size` times the batch's spread to one sample's input (at one time position, where given); a whole
 * number becomes the next larger one that occurs in the batch.
 */
export const corruption = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('labelsShuffled'), seed: z.int() }),
  z.object({ kind: z.literal('inputsZeroed') }),
  z.object({
    kind: z.literal('inputPerturbed'),
    sample: z.int().min(0),
    position: z.int().min(0).nullable().default(null),
    seed: z.int().default(0),
    size: z.number().positive().default(0.5),
  }),
  /** What stands where the batch's mask says padding becomes something else that occurs in it: inputs, or targets that are scored. */
  z.object({ kind: z.literal('paddingChanged'), what: z.enum(['input', 'target']), seed: z.int().default(0) }),
])
export type Corruption = z.input<typeof corruption>

export const order = z.union([z.literal('given'), z.literal('reversed'), z.object({ shuffled: z.int() })])
export type Order = z.infer<typeof order>

/**
 * perfect: the target itself · constant: class 0, or 0 · shuffled: the target of the sample before, in the order of the evaluation
 * (the first of all: of the last in its batch); ask for a shuffled order where neighbours are alike.
 */
export const predictions = z.enum(['perfect', 'constant', 'shuffled'])
export type Predictions = z.infer<typeof predictions>

/** Bytes. CUDA's are those of the current device since the process began; null without one. */
export const memory = z.object({
  /** Resident set of the worker process, its children not counted; null where the system has no cheap way to tell. */
  rss: z.number().nullable(),
  allocated: z.number().nullable(),
  reserved: z.number().nullable(),
  peak: z.number().nullable(),
  /** Operations in the graphs that live tensors hold; only where a census was asked for, and null where there are no such. */
  graphs: z.int().nullable().optional(),
})
export type Memory = z.infer<typeof memory>

/** A part of the model that a check must know of. */
export const moduleFact = z.object({
  /** Path as in tensor names; '' is the model itself. */
  name: z.string(),
  kind: z.string(),
  traits: z.array(
    z.enum([
      /** one sample's output depends on the others of its batch while training: batch norm … */
      'couplesBatch',
      /** draws noise while training: dropout … */
      'drawsNoise',
      'compiled',
      'recurrent',
    ]),
  ),
})
export type ModuleFact = z.infer<typeof moduleFact>

/** How training samples are loaded, as far as it is known without loading any. */
export const loadingFact = z.object({
  /** Processes that decode; 0: the training process itself. Null: unknown. */
  workers: z.int().nullable(),
  /** The order differs from epoch to epoch; null: unknown. */
  shuffles: z.boolean().nullable(),
  /** The last partial batch of an epoch is left out; null: unknown. */
  dropsLast: z.boolean().nullable(),
  /** Its sampler is one that promises each of several ranks a part of its own, of one order that all of them share. */
  deals: z.boolean().optional(),
  /** Its sampler draws by weights: how many there are, and how many samples the data set holds. */
  weights: z.object({ count: z.int(), samples: z.int() }).optional(),
})

/** Asks how far one input reaches: one batch as it is, again, and with one sample's input perturbed. */
export const perturbProbe = z.object({
  split: z.enum(['train', 'val', 'test']).default('val'),
  /** Samples of the batch: the first of the split; in training mode those of a frozen batch. */
  samples: z.int().min(2).default(8),
  /** Which of them is perturbed, and where in time. */
  sample: z.int().min(0).default(0),
  position: z.int().min(0).nullable().default(null),
  /** The evaluation's own mode, or a training step whose update is suppressed. */
  mode: z.enum(['evaluation', 'training']).default('evaluation'),
  seed: z.int().default(0),
  /** Of the noise, in spreads of the batch. */
  size: z.number().positive().default(0.5),
  /** Compare what the loss asks for with what the model is given, too. */
  targets: z.boolean().default(false),
  /** Instead of all this: look at the calls that one training step makes, each made again with one argument changed. */
  calls: z.boolean().default(false),
  /** Instead of all this: where training and validation share one batch, look which of its targets each of them hangs on. */
  shared: z.boolean().default(false),
})
export type PerturbProbe = z.input<typeof perturbProbe>

/** A call that a training step makes of a module that trains, made again with one argument changed. */
export const modelCall = z.object({
  /** Path of the module, and its class. */
  module: z.string(),
  kind: z.string(),
  arguments: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int()),
      /** It has a row for each sample, and they differ. */
      varies: z.boolean(),
      /** Largest |Δoutput| where the samples of the batch have this argument of one another; null where that could not be tried. */
      effect: measured.nullable(),
      /** Whole numbers along one axis that a cross-entropy asks for: which of them, as in `asked`; and, where all words of one position change, what changes. */
      sequence: z
        .object({
          next: measured,
          same: measured,
          second: measured,
          still: measured,
          scored: measured,
          length: z.int(),
          /** Largest |output|. */
          scale: measured,
          /** Other arguments that hold sequences. */
          others: z.int(),
          positions: z.array(z.int()),
          /** Largest |Δoutput| before the position, at it, and from it on. */
          before: z.array(measured),
          own: z.array(measured),
          after: z.array(measured),
        })
        .nullable(),
    }),
  ),
})
export type ModelCall = z.infer<typeof modelCall>

export const perturbation = z.object({
  samples: z.int(),
  /** Input values that were changed. */
  changed: z.int(),
  /** Largest |Δoutput| of each sample, perturbed against not. */
  change: z.array(measured),
  /** The same, unperturbed twice: what noise alone does. The generators are put back in between. */
  noise: z.array(measured),
  /** Largest |output|. */
  scale: measured,
  /** Largest |Δoutput| of the perturbed sample at each time position; null where its output has no axis as long as its input's. */
  positions: z.array(measured).nullable(),
  /**
   * Where asked: share of positions at which the target of a cross-entropy is the model's input at the next position, at the same one,
   * at the one after the next, and at which neighbouring inputs are equal; padding and what is left out of the loss do not count.
   * `scored`: of what is no padding, the share that is not left out. `padding`: share of positions in an end of one repeated value,
   * `paddingScored`: of those, the share that is not left out. Null: no such loss was seen, or inputs that are no sequences of whole numbers.
   */
  asked: z
    .object({
      next: measured,
      same: measured,
      second: measured,
      still: measured,
      scored: measured,
      padding: measured,
      paddingScored: measured,
    })
    .nullable()
    .optional(),
  /** Where asked. */
  calls: z.array(modelCall).optional(),
  /**
   * Where asked: of so many targets that were tried, one by one, how many the training loss hangs on, how many the validation's scores, and
   * how many both. Null: the two do not share a batch.
   */
  shared: z
    .object({ field: z.string(), tried: z.int(), trained: z.int(), scored: z.int(), both: z.int() })
    .nullable()
    .optional(),
})
export type Perturbation = z.infer<typeof perturbation>

/** Asks for the learning rate over the whole run, without training. The state is put back. */
export const scheduleProbe = z.object({
  points: z.int().min(2).max(1000).default(200),
  /** The steps that it looks at may leave their mark on the weights: no copy of them is kept to be put back. */
  moves: z.boolean().default(false),
})
export type ScheduleProbe = z.input<typeof scheduleProbe>

export const scheduleReport = z.object({
  /** Steps of the run. */
  steps: z.int(),
  /** Rates of each group at the update of this step (counted from 1), evenly spaced, first and last included. */
  points: z.array(z.object({ step: z.int(), rates: z.record(z.string(), z.array(measured)) })),
  /** Over every step, not only the points: smallest and largest rate of any group, and the first steps at which they are met. */
  extremes: z.record(
    z.string(),
    z.object({ min: measured, minStep: z.int(), max: measured, maxStep: z.int(), zeroSteps: z.int() }),
  ),
  /** Null, or why the points are no more than a guess. */
  doubt: z.string().nullable(),
  /** Objects of the program that set rates, with how often each is stepped. */
  schedulers: z
    .array(
      z.object({
        name: z.string(),
        kind: z.string(),
        /** After so many of its own steps it has arrived at its end, as it was built; null: it says nothing of an end. */
        end: z.int().nullable(),
        /** Its steps for each training step (a mean, where updates are accumulated), and at each epoch's end. */
        perStep: z.number(),
        perEpoch: z.number(),
        /** It sets the rates of an optimizer that is not the program's, over parameters that the program's optimizers hold. */
        detached: z.boolean().optional(),
      }),
    )
    .default([]),
  /** A scheduler refused to go on: at this training step, with these words. */
  refused: z.object({ step: z.int(), message: z.string() }).nullable().default(null),
})
export type ScheduleReport = z.infer<typeof scheduleReport>

/** Asks which samples the epochs of training hold, without decoding any. The generators are put back. */
export const orderProbe = z.object({
  /** The first so many epochs. */
  epochs: z.int().min(1).max(100).default(2),
  /** Ids of each epoch to report, from its start. */
  ids: z.int().min(0).max(100_000).default(1000),
  /** The epochs of the real run, where the preflight's own are shorter. */
  whole: z.boolean().default(false),
})
export type OrderProbe = z.input<typeof orderProbe>

export const epochOrder = z.object({
  /** The first is 1. */
  epoch: z.int(),
  batches: z.int(),
  smallestBatch: z.int(),
  /** Ids drawn, and how many different ones; the data set has `available`. */
  samples: z.int(),
  distinct: z.int(),
  available: z.int(),
  /** The first twenty that were drawn more than once, and that were never drawn. */
  repeated: z.array(z.int()),
  missing: z.array(z.int()),
  digest: z.string(),
  ids: z.array(z.int()),
})
export type EpochOrder = z.infer<typeof epochOrder>

/** Asks for statistics of samples as they come out of the data set, its own transforms on. */
export const surveyProbe = z.object({
  split: z.enum(['train', 'val', 'test']).default('train'),
  /** Evenly spaced over the split: what its loader covers, without any limit of a preflight. */
  limit: z.int().min(1).default(1000),
  /** No further sample is decoded after so many; those that were are spread evenly all the same. */
  seconds: z.number().positive().default(60),
})
export type SurveyProbe = z.input<typeof surveyProbe>

export const survey = z.object({
  samples: z.int(),
  /**
   * Of the input by channel: a sample of [f] has f channels (up to 256); of three dimensions or more its first axis, or else its
   * last, is the channels where it is at most 16 long; any other sample is one channel.
   */
  channels: z.array(
    z.object({
      mean: measured,
      std: measured,
      min: measured,
      max: measured,
      /** Deviation, from sample to sample, of a sample's mean and of its mean square: what a mean over few samples is uncertain by. */
      meanSpread: measured.optional(),
      squareSpread: measured.optional(),
    }),
  ),
  /** Every field of a sample: share of zeros, of −100 (what losses ignore), and of values that are no finite number. */
  fields: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int()),
      dtype: z.string(),
      zero: measured,
      ignored: measured,
      nonFinite: measured,
      role: z.enum(['input', 'target', 'other']).optional(),
      /** Smallest and largest finite value but −100, and the ids of their first samples; null where there is none. */
      range: z.object({ min: measured, max: measured, minAt: z.int(), maxAt: z.int() }).nullable().optional(),
      /** The first sample with a value that is no finite number. */
      nonFiniteAt: z.int().nullable().optional(),
      /** Every finite value is a whole number. */
      whole: z.boolean().optional(),
    }),
  ),
  /**
   * Target against input where they have the same shape of one time axis or more, −100 left out: share of positions at which the
   * target is the input at the next position, at the same one, and at which two neighbouring inputs are equal. Null: other shapes.
   */
  shifted: z.object({ next: measured, same: measured, still: measured }).nullable().optional(),
  /** The field that says which positions are padding, the share that is, and how much of that has a target that is scored. */
  padding: z.object({ field: z.string(), share: measured, scored: measured.nullable() }).nullable().optional(),
  /** Samples, of those tried twice, that decode differently from one time to the next: augmentation. */
  tried: z.int(),
  changing: z.int(),
  /** Of the same: decoding seeds the global generators anew (they end at one place wherever they stood), or makes one of its own. */
  reseeding: z.int().optional(),
  /**
   * Samples decoded again and again, where augmentation turns the input: how often a map or boxes of the sample went with it, stayed while
   * it was turned, or were turned while it stayed. `whole`: the field holds labels or boxes. Null: nothing of the kind was seen.
   */
  places: z
    .object({
      followed: z.int(),
      stayed: z.int(),
      alone: z.int(),
      /** Both were turned, and not the same way. */
      otherwise: z.int().default(0),
      field: z.string(),
      turn: z.string(),
      whole: z.boolean(),
    })
    .nullable()
    .optional(),
  /** The element of the input that is the target up to scale and offset in every sample looked at; null: none. */
  answer: z.object({ at: z.int(), of: z.int(), samples: z.int() }).nullable().optional(),
  /**
   * Of validation: the column of codes, looked up in a table, of which the largest share of samples holds a code that training never has;
   * how many codes training has, in how many samples. Null: no such column, or another split.
   */
  unseen: z
    .object({ field: z.string(), column: z.int(), share: measured, codes: z.int(), samples: z.int() })
    .nullable()
    .optional(),
  /**
   * Of samples read three times, how many have a row in the data set that the second and the third reading changed, each; the rows are
   * put back. `held`: the name of what holds them. Null: no rows as large as the input are to be seen.
   */
  spoilt: z.object({ tried: z.int(), changed: z.int(), held: z.string() }).nullable().optional(),
})
export type Survey = z.infer<typeof survey>
