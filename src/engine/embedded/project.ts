// An opened experiment: config, data, model, optimizer, and the values of its state. Compiles graphs when first needed.
// It holds the state; training, evaluating, saving are functions over it in the files beside this one.
import { GonogoError, type OpenRequest, type Task } from '../../contract/index.ts'
import { type Dataset, type Splits, sizeOf } from '../../data/dataset.ts'
import { permutation } from '../../data/order.ts'
import type { Experiment, LossTerms } from '../../experiment/experiment.ts'
import {
  initialise,
  type LookedThrough,
  lookThrough,
  type Named,
  named,
  openSession,
  type Program,
  recorded,
  type Session,
  seedWords,
  sequencesIn,
  traceEvaluation,
  traceReach,
  traceTraining,
  type Values,
} from '../../tensor/compile.ts'
import { type Layer, loss as losses, type Optimizer, type Tensor } from '../../tensor/index.ts'
import { watchedConfig } from './config-reads.ts'
import { configOf } from './describe.ts'
import { checkedSplits, limited } from './splits.ts'

type Inputs = Readonly<Record<string, Tensor>>
type Kind = 'parameter' | 'buffer' | 'optimizer'
type Watched = { readonly values: Record<string, unknown>; readonly read: ReadonlySet<string> }
export type Compiled = { readonly program: Program; readonly session: Session }

/** Where training stands. `batch` counts the batches of the current epoch that are done. */
export type Progress = { step: number; epoch: number; batch: number }

/** The noise keys of a batch: which seed, which step, which samples. */
export const noiseFeeds = ({ seed, progress }: Project, ids: Uint32Array): [string, Values][] => [
  ['step', Uint32Array.of(progress.step)],
  ['seed', Uint32Array.from(seedWords(seed))],
  ['sample_ids', ids],
]

export const stateFeeds = ({ state }: Project, program: Program): [string, Values][] =>
  program.state.map(({ name, feed }) => [feed, state.get(name) as Float32Array])

export const termsOf = (program: Program) => program.outputs.filter(({ kind }) => kind === 'term')

export class Project {
  readonly experiment: Experiment
  readonly request: OpenRequest
  readonly task: Task
  readonly splits: Splits
  /** The splits before a preflight's limit. */
  readonly whole: Splits
  readonly model: Layer
  readonly optimizer: Optimizer
  /** Every parameter and buffer, ties included. */
  readonly tensors: readonly Named[]
  readonly frozen: ReadonlySet<string>
  /** Current values of parameters, buffers and optimizer slots, by name. */
  readonly state: Map<string, Float32Array>
  readonly kinds: Map<string, Kind>
  readonly #shapes: Map<string, readonly number[]>
  readonly progress: Progress = { step: 0, epoch: 1, batch: 0 }
  seed: number
  readonly #config: Record<string, unknown>
  /** Dotted paths of the keys of `config:` that the experiment has read. */
  readonly configRead: ReadonlySet<string>
  readonly #compiled = new Map<string, Promise<Compiled>>()
  readonly #looked = new Map<string, LookedThrough | null>()
  #order: { epoch: number; seed: number; indices: Uint32Array } | null = null

  private constructor(experiment: Experiment, request: OpenRequest, whole: Splits, config: Watched) {
    const splits = limited(whole, request)
    this.experiment = experiment
    this.request = request
    this.task = experiment.task
    this.seed = request.seed
    this.splits = splits
    this.whole = whole
    this.#config = config.values
    this.configRead = config.read
    this.model = experiment.model(this.#config, splits)
    this.tensors = named(this.model)
    this.optimizer = clipped(experiment.optimizer(this.#config), request.clipNorm)
    this.frozen = frozenSet(
      experiment.frozen?.(this.#config) ?? [],
      this.tensors.map(({ path }) => path),
    )
    this.#shapes = new Map(this.tensors.map(({ path, tensor }) => [path, tensor.node.shape]))
    this.state = initialise(this.model, request.seed)
    this.kinds = new Map(
      this.tensors
        .filter(({ tiedTo }) => tiedTo === undefined)
        .map(({ path, role }) => [path, role === 'state' ? 'buffer' : 'parameter']),
    )
  }

  static async open(experiment: Experiment, request: OpenRequest): Promise<Project> {
    const read = new Set<string>()
    const values = watchedConfig(configOf(experiment, request.config), read)
    const all = checkedSplits(await experiment.data(values, { seed: request.seed }), experiment.task)
    const project = new Project(experiment, request, all, { values, read })
    // the first graph tells which slots the optimizer has; a model that cannot be traced fails here, not at step 1
    const { program } = await project.training(project.firstBatchSize, true, false)
    for (const { name, kind, shape } of program.state)
      if (kind === 'optimizer') {
        project.kinds.set(name, 'optimizer')
        project.#shapes.set(name, shape)
        project.state.set(name, new Float32Array(sizeOf(shape)))
      }
    return project
  }

  /** What the experiment's own functions made: for its own checks. */
  get parts() {
    return { config: this.#config, data: this.whole, model: this.model }
  }

  get firstBatchSize(): number {
    return Math.min(this.request.batchSize, this.splits.train.length)
  }

  get stepsPerEpoch(): number {
    return Math.ceil(this.splits.train.length / this.request.batchSize)
  }

  get steps(): number {
    const { length } = this.request
    return 'steps' in length ? length.steps : length.epochs * this.stepsPerEpoch
  }

  /** Shape of a parameter, buffer or optimizer slot. */
  shapeOf(name: string): readonly number[] {
    return this.#shapes.get(name) ?? []
  }

  /** Order of the training samples in an epoch. */
  order(epoch: number): Uint32Array {
    if (this.#order?.epoch !== epoch || this.#order.seed !== this.seed)
      this.#order = {
        epoch,
        seed: this.seed,
        indices: permutation(this.splits.train.length, this.seed, 'order', epoch),
      }
    return this.#order.indices
  }

  /** Rate of update number `step`, counted from 0. */
  learningRate(step: number): number {
    return this.optimizer.learningRate.at(step, this.steps)
  }

  training(rows: number, regularise: boolean, observe: boolean): Promise<Compiled> {
    return this.#compile(`train ${rows} ${regularise} ${observe}`, () =>
      traceTraining({
        model: this.model,
        loss: (inputs: Inputs) => this.#loss(inputs, regularise),
        optimizer: regularise ? this.optimizer : withoutDecay(this.optimizer),
        inputs: inputShapes(this.splits.train, rows),
        regularise,
        observe: { gradients: observe },
        frozen: this.frozen,
      }),
    )
  }

  evaluation(dataset: Dataset, rows: number): Promise<Compiled> {
    return this.#compile(`evaluate ${rows}`, () =>
      traceEvaluation({
        model: this.model,
        outputs: (inputs: Inputs) =>
          this.task.kind === 'custom'
            ? { outputs: {}, terms: this.#loss(inputs, false) }
            : {
                outputs: { output: this.#output(inputs) },
                terms: this.experiment.loss ? this.#loss(inputs, false) : {},
              },
        inputs: inputShapes(dataset, rows),
      }),
    )
  }

  /** Loss term → trainable parameters that it reaches. */
  reach(): Map<string, string[]> {
    return traceReach({
      model: this.model,
      loss: (inputs: Inputs) => this.#loss(inputs, true),
      inputs: inputShapes(this.splits.train, this.firstBatchSize),
      regularise: true,
      frozen: this.frozen,
    })
  }

  /** The model's own outputs of a custom task, `output/0` and so on: those with a row for each sample. */
  looking(dataset: Dataset, rows: number): Promise<Compiled> {
    return this.#compile(`look ${rows}`, () =>
      traceEvaluation({
        model: this.model,
        outputs: (inputs: Inputs) => {
          const seen = recorded(this.model)
          this.#loss(inputs, false, seen.model)
          const each = seen.outputs.filter((output) => output.shape[0] === rows && output.dtype === 'float32')
          const named = Object.fromEntries(each.map((output, i) => [String(i), output]))
          return { outputs: { ...named, ...sequencesIn(seen) }, terms: {} }
        },
        inputs: inputShapes(dataset, rows),
      }),
    )
  }

  /** What the graph of the loss shows; null where it cannot be traced for any number of samples. */
  lookThrough(mode: 'training' | 'evaluation'): LookedThrough | null {
    const known = this.#looked.get(mode)
    if (known !== undefined) return known
    const seen = this.#lookThrough(mode)
    this.#looked.set(mode, seen)
    return seen
  }

  #lookThrough(mode: 'training' | 'evaluation'): LookedThrough | null {
    try {
      return lookThrough({
        model: this.model,
        loss: (model, inputs: Inputs) => this.#loss(inputs, mode === 'training', model),
        inputs: Object.fromEntries(this.splits.train.fields.map(({ name, shape, dtype }) => [name, { shape, dtype }])),
        mode,
      })
    } catch {
      // a batch size that the experiment wrote into its model
      return null
    }
  }

  #compile(key: string, trace: () => Program): Promise<Compiled> {
    const found = this.#compiled.get(key)
    if (found) return found
    const made = (async () => {
      const program = trace()
      return { program, session: await openSession(program, { threads: this.request.threads }) }
    })()
    this.#compiled.set(key, made)
    return made
  }

  #output(inputs: Inputs, model: Layer = this.model): Tensor {
    return (model as (input: unknown) => Tensor)(inputs.input)
  }

  #loss(inputs: Inputs, regularise: boolean, model: Layer = this.model): LossTerms {
    if (this.experiment.loss) return this.experiment.loss(model, inputs, this.#config)
    const output = this.#output(inputs, model)
    if (this.task.kind === 'classification') {
      const smoothing = regularise ? this.task.smoothing : 0
      return { loss: losses.crossEntropy(output, inputs.label as never, { smoothing }) as Tensor<0> }
    }
    if (this.task.kind === 'regression') return { loss: losses.mse(output, inputs.target as Tensor) as Tensor<0> }
    throw new GonogoError('EXPERIMENT_LOSS', 'a custom task needs a loss of its own', {
      seen: 'no loss in defineExperiment',
      expected: 'loss: (model, batch, config) => ({ name: scalar })',
    })
  }
}

const clipped = (optimizer: Optimizer, norm: number | null): Optimizer =>
  norm === null ? optimizer : { ...optimizer, clipNorm: norm }

/** No decay for any parameter: each is updated as a bias is, which never decays. */
const withoutDecay = (optimizer: Optimizer): Optimizer => ({
  ...optimizer,
  rule: (scalars) => {
    const update = optimizer.rule(scalars)
    return (before) => update({ ...before, role: 'bias' })
  },
})

const inputShapes = (dataset: Dataset, rows: number) =>
  Object.fromEntries(dataset.fields.map(({ name, shape, dtype }) => [name, { shape: [rows, ...shape], dtype }]))

const frozenSet = (wanted: readonly string[], paths: readonly string[]): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const pattern of wanted) {
    const matches = paths.filter((path) => path === pattern || (pattern.endsWith('.') && path.startsWith(pattern)))
    if (matches.length === 0)
      throw new GonogoError('FROZEN_UNKNOWN', 'frozen names no parameter', {
        seen: pattern,
        expected: `a path, or a prefix ending in a dot: ${paths.slice(0, 6).join(', ')}`,
      })
    for (const match of matches) found.add(match)
  }
  return found
}
