// What a researcher writes: one declaration of config, task, data, model and optimizer.
// Nothing runs here; the embedded engine calls the functions in a process of its own.
import { z } from 'zod'
import type { Task } from '../contract/index.ts'
import type { Splits } from '../data/dataset.ts'
import type { Layer, Optimizer, Tensor } from '../tensor/index.ts'
import type { Any } from '../tensor/types.ts'
import type { OwnCheck } from './own-check.ts'

/** A task with the types of its batch and of the model's output. */
export type TaskOf<Batch, Output> = Task & {
  readonly batchType?: (batch: Batch) => void
  readonly outputType?: (output: Output) => void
}

type Shape = Readonly<Record<string, z.ZodType>>

/** The values of a config shape, defaults filled in. */
export type ConfigOf<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> }

/** Named scalar terms; the training loss is their sum. */
export type LossTerms = Readonly<Record<string, Tensor<0>>>

export type Experiment<S extends Shape = Shape, Batch = Any, Output = Any, M extends Layer = Layer> = {
  /** One zod schema a key. Free strings must be `name()`, `path()` or `note()`. */
  readonly config: S
  readonly task: TaskOf<Batch, Output>
  /** The splits. `seed` is the run's seed for data, for `split(…, seed)`. */
  readonly data: (config: ConfigOf<S>, at: { readonly seed: number }) => Splits | Promise<Splits>
  /** The model: a callable description without numbers. More inputs than one need a `loss` that gives them. */
  readonly model: (config: ConfigOf<S>, data: Splits) => M & ((...inputs: Any[]) => Output)
  /** The training loss; by default the task's own on `model(batch.input)`. Each term must be a scalar. */
  readonly loss?: (model: NoInfer<M>, batch: Any, config: ConfigOf<S>) => LossTerms
  readonly optimizer: (config: ConfigOf<S>) => Optimizer
  /** Paths of parameters that do not train, or prefixes ending in a dot: `['backbone.']`. */
  readonly frozen?: (config: ConfigOf<S>) => readonly string[]
  /** Outputs at a time position may depend on inputs up to it alone. Left out: told from the data, where it can be. */
  readonly causal?: boolean
  /** Outputs of a sample depend on the others of its batch, and are meant to. */
  readonly couplesBatch?: boolean
  /** Checks of the project's own by name, `classes-balanced`: they run in every poll beside gonogo's, as `own/classes-balanced`. */
  readonly checks?: Readonly<Record<string, OwnCheck<ConfigOf<S>, Splits, NoInfer<M>>>>
}

const brand = Symbol.for('gonogo.experiment')

/**
 * Declares an experiment. Types follow from the parts: `c` is the config, the model's output must fit the task.
 *
 * @example export default defineExperiment({ config: { width: z.int().default(16) }, task: classification({ classes: 10 }), … })
 */
export const defineExperiment = <S extends Shape, Batch, Output, M extends Layer>(
  experiment: Experiment<S, Batch, Output, M>,
): Experiment<S, Batch, Output, M> => Object.freeze({ ...experiment, [brand]: true })

/** True for what `defineExperiment` returned, by this or another copy of gonogo. */
export const isExperiment = (value: unknown): value is Experiment =>
  typeof value === 'object' && value !== null && brand in value

/** A free string that names something: a tag, a layer, a vocabulary. */
export const name = () => z.string().min(1).meta({ gonogo: 'name' })
/** A free string that is a path, relative to the file that states it. */
export const path = () => z.string().min(1).meta({ gonogo: 'path' })
/** A free string that is a remark for people. */
export const note = () => z.string().meta({ gonogo: 'note' })
