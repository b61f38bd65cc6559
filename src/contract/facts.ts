// Facts of an opened experiment: what it can show, what it holds by construction, its tensors, optimizers and data.
// What it is asked and what it then answers is in subject.ts.
import { z } from 'zod'
import { checkCode, ownCode } from './finding.ts'
import { sourceFile, splitManifest } from './plan.ts'
import { loadingFact, moduleFact } from './probe.ts'
import { metric, task } from './task.ts'

/** What a subject can show. A check names the abilities it needs; what a subject lacks is SKIPPED with its reason. */
export const ability = z.enum([
  /** train on one frozen batch, with a learning rate of the caller's choice */
  'frozenBatch',
  /** dropout, weight decay, augmentation and label smoothing off */
  'regularisationOff',
  /** gradient and change of each parameter, observed at the optimizer's step */
  'gradients',
  /** evaluation at another batch size */
  'evaluateAnyBatchSize',
  /** outputs and targets of each sample of an evaluation */
  'perSample',
  /** capture, restore, scramble: the harness's own reset */
  'reset',
  /** the subject's own save and load */
  'persist',
  /** ids of the samples of each step */
  'sampleIds',
  /** the experiment opened anew in a process that has done nothing else */
  'freshProcess',
  /** the experiment's configuration has a schema */
  'configSchema',
  /** train on samples chosen by their ids, one list a step */
  'batchByIds',
  /** labels shuffled, inputs zeroed, one sample's input perturbed, on the way to a step or an evaluation */
  'corrupt',
  /** steps in which everything runs and no update is applied */
  'suppressUpdates',
  /** which parameters each loss term reaches; leaf tensors that nothing holds; equal rows and columns */
  'trace',
  /** several calls of the managed step make one update, whatever the run file says */
  'accumulate',
  /** evaluation in another order */
  'evaluateAnyOrder',
  /** predictions replaced before metrics are made of them */
  'replacePredictions',
  /** one input perturbed, all outputs compared: in evaluation mode */
  'perturb',
  /** the same in training mode */
  'perturbTraining',
  /** samples of several epochs as training sees them */
  'passes',
  /** ids of a whole epoch without decoding */
  'order',
  /** statistics of a split by channel and field */
  'survey',
  /** the learning rate of the whole run, without training */
  'schedule',
])
export type Ability = z.infer<typeof ability>

export const can = z.union([
  z.literal('yes'),
  /** The bug this would show cannot be written on this engine; the reason is shown. */
  z.object({ byConstruction: z.string() }),
  z.object({ no: z.string() }),
])
export type Can = z.infer<typeof can>

/** Relations that an engine may hold by construction. Each is measured all the same where that is cheap. */
export const guarantee = z.enum([
  'evaluationIsPure',
  'metricsArePerSample',
  'checkpointCoversState',
  'weightsArePlain',
  'optimizerOwnsTrainable',
  'configIsStrict',
  'gradientsStartAtZero',
])
export type Guarantee = z.infer<typeof guarantee>

export const owner = z.enum(['managed', 'manual'])
export type Owner = z.infer<typeof owner>

/** Sections of a subject's state. `mode` is train/eval flags and requires_grad; it is never saved. */
export const section = z.enum([
  'parameters',
  'buffers',
  'optimizer',
  'schedule',
  'scaler',
  'ema',
  'rng',
  'position',
  'counters',
  'mode',
])
export type Section = z.infer<typeof section>

export const tensorFact = z.object({
  /** Path with PyTorch leaf names, `stage1.1.running_mean`. */
  name: z.string(),
  kind: z.enum(['parameter', 'buffer']),
  shape: z.array(z.int()),
  dtype: z.string(),
  /** Receives gradients (requires_grad). Buffers: false. */
  trainable: z.boolean(),
  /** Declared frozen by the experiment. */
  frozen: z.boolean(),
  /** First name of the same storage. */
  tiedTo: z.string().nullable(),
  /** Names of the optimizers that hold it. */
  optimizers: z.array(z.string()),
  /** The weight decay of its group; left out or null where that is not known. */
  weightDecay: z.number().nullable().optional(),
  /** `file:line` where it was made, when known. */
  where: z.string().nullable(),
})
export type TensorFact = z.infer<typeof tensorFact>

export const optimizerFact = z.object({
  name: z.string(),
  kind: z.string(),
  /** Base learning rate of each group, before any schedule. */
  learningRates: z.array(z.number()),
  weightDecays: z.array(z.number()),
})

/** What an experiment declares before anything is built. Cheap: no data, no model. */
export const description = z.object({
  /** JSON Schema of `config:`; null where the experiment brings its own configuration. */
  schema: z.record(z.string(), z.unknown()).nullable(),
  task,
  metrics: z.array(metric),
  objective: z.string(),
  /** Faults that the experiment's own schema found in the values given: what JSON Schema cannot say. */
  issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() })),
})
export type Description = z.infer<typeof description>

/** Number formats by how coarse they round, finest first. `tf32`: float32 whose products are rounded to eleven bits. */
export const arithmetic = z.enum(['float64', 'float32', 'tf32', 'float16', 'bfloat16'])
export type Arithmetic = z.infer<typeof arithmetic>

/** What an experiment declares of a check of its own. */
export const ownCheckFact = z.object({
  code: ownCode,
  /** Where the shared subject stands when it is called: before the first step, or after a few. */
  at: z.enum(['initial', 'trained']).default('initial'),
  /** What the subject must be able to show; without it the check is SKIPPED with the engine's reason. */
  needs: z.array(ability).default([]),
  /** Checks of ours without whose GO this one has no meaning. */
  after: z.array(checkCode).default([]),
  /** `file:line` where it is written, when known. */
  where: z.string().nullable().default(null),
})
export type OwnCheckFact = z.infer<typeof ownCheckFact>

export const facts = z.object({
  task,
  metrics: z.array(metric),
  can: z.partialRecord(ability, can),
  guarantees: z.partialRecord(guarantee, z.string()),
  owns: z.object({ step: owner, evaluation: owner, checkpoint: owner }),
  /** Whether steps are asked for one by one, or the project's own loop goes through a whole epoch, which cannot be entered in its middle. */
  loop: z.enum(['step', 'epoch']).optional(),
  tensors: z.array(tensorFact),
  optimizers: z.array(optimizerFact),
  /** Modules with traits, outermost first. */
  modules: z.array(moduleFact).optional(),
  loading: loadingFact.optional(),
  /** Samples of each split, after any limit. */
  samples: z.partialRecord(z.enum(['train', 'val', 'test']), z.int()),
  stepsPerEpoch: z.int(),
  /** Steps of the whole run. */
  steps: z.int(),
  /** Where to look: `file:line` of the experiment's functions, by name (model, optimizer, data, train_step, evaluate, save, load …). */
  where: z.record(z.string(), z.string()),
  code: z.array(sourceFile),
  packages: z.record(z.string(), z.string()),
  data: z.array(splitManifest),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  /** What this process makes of one word, where each process hashes with a seed of its own; or why no order hangs on a hash. */
  hashing: z.union([z.object({ sample: z.string() }), z.object({ fixed: z.string() })]).optional(),
  /** Streams that the program draws from by itself, beside its training loader, as far as they show: no checkpoint holds their place. */
  streams: z.array(z.string()).optional(),
  /** Streams of noise that the evaluation's graph draws, where noise belongs to a sample and a step: the same twice, another time another. */
  evaluationDraws: z.array(z.string()).optional(),
  /** What watches a metric in the project's own trainer: keepers of the best checkpoint, stoppers. */
  monitors: z
    .array(
      z.object({
        /** `own`: a comparison with the best so far that stands in the project's code. */
        role: z.enum(['keeper', 'stopper', 'own']),
        /** Class of the object, or the comparison and its line. */
        kind: z.string(),
        /** As the project names the metric; null where it watches none. */
        metric: z.string().nullable(),
        direction: z.enum(['min', 'max']).nullable(),
      }),
    )
    .optional(),
  /** Bytes that this process takes once it is open, and that are free where its tensors lie: the machine's, or the device's. */
  memory: z.object({ used: z.number(), free: z.number() }).optional(),
  /** Seconds spent loading code and data, shown apart from the checks' own time. */
  loadSeconds: z.number(),
  /** The coarsest arithmetic that is declared; float32 where nothing is said. A program's own autocast shows in its outputs. */
  arithmetic: arithmetic.optional(),
  /** What the experiment says of itself, so that a check need not guess. */
  declared: z
    .object({
      /** Outputs at a time position depend on inputs up to it alone; null: nothing is said. */
      causal: z.boolean().nullable().default(null),
      /** Outputs of a sample depend on its batch, and are meant to. */
      couplesBatch: z.boolean().default(false),
    })
    .optional(),
  /** Checks that the project declares beside ours. */
  checks: z.array(ownCheckFact).max(200).optional(),
})
export type Facts = z.infer<typeof facts>
