// The embedded subject: facts about an opened experiment, and its operations.
// Each operation's work is in the file of its name.
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { relative } from 'node:path'
import type {
  DataProbe,
  EvalProbe,
  Facts,
  OpenRequest,
  PersistProbe,
  SampleDigest,
  StateProbe,
  StepRecord,
  TrainProbe,
} from '../../contract/index.ts'
import { GonogoError } from '../../contract/index.ts'
import { batchArrays } from '../../data/dataset.ts'
import { metricsOf } from './describe.ts'
import { evaluate } from './evaluate.ts'
import type { Loaded } from './loader.ts'
import { persist } from './persist.ts'
import { Project, termsOf } from './project.ts'
import { States } from './state.ts'
import { train } from './train.ts'

export class EmbeddedSubject {
  readonly facts: Facts
  readonly #project: Project
  readonly #states: States

  private constructor(project: Project, facts: Facts) {
    this.#project = project
    this.#states = new States(project)
    this.facts = facts
  }

  static async open(loaded: Loaded, request: OpenRequest, started: number): Promise<EmbeddedSubject> {
    refuseUnsupported(request)
    const project = await Project.open(loaded.experiment, request)
    return new EmbeddedSubject(project, await factsOf(project, loaded, started))
  }

  train(probe: TrainProbe, send: (records: readonly StepRecord[]) => void, cancelled: () => boolean) {
    return train(this.#project, probe, send, cancelled)
  }

  evaluate(probe: EvalProbe) {
    return evaluate(this.#project, probe)
  }

  data(probe: DataProbe): SampleDigest[] {
    const { splits } = this.#project
    const dataset = splits[probe.split ?? 'train']
    if (!dataset) throw new GonogoError('DATA_SPLITS', `there is no ${probe.split} split`)
    const frozen = probe.frozen ?? null
    const ids =
      frozen === null
        ? Uint32Array.from({ length: Math.min(probe.limit ?? 1000, dataset.length) }, (_, i) => i)
        : this.#project.order(1).slice(0, frozen)
    return Array.from(ids, (id) => sampleDigest(this.#project, dataset, id))
  }

  state(probe: StateProbe) {
    return this.#states.handle(probe)
  }

  persist(probe: PersistProbe) {
    return persist(this.#project, probe)
  }
}

const refuseUnsupported = (request: OpenRequest): void => {
  const refuse = (where: string, seen: string, expected: string) => {
    throw new GonogoError('ENGINE_UNSUPPORTED', 'this engine cannot do that yet', { where, seen, expected })
  }
  if (request.precision !== 'float32') refuse('train.precision', request.precision, 'float32')
  if (request.accumulate !== 1) refuse('train.accumulate', String(request.accumulate), '1')
}

const sampleDigest = (project: Project, dataset: Project['splits']['train'], id: number): SampleDigest => {
  const out = batchArrays(dataset.fields, 1)
  dataset.gather([id], out)
  const input = out.get('input') ?? [...out.values()][0] ?? new Float32Array()
  let sum = 0
  let square = 0
  let nonFinite = 0
  for (const value of input) {
    if (Number.isFinite(value)) {
      sum += value
      square += value * value
    } else nonFinite++
  }
  const mean = sum / input.length
  const target = out.get(project.task.kind === 'classification' ? 'label' : 'target')
  return {
    id,
    hash: createHash('sha256')
      .update(new Uint8Array(input.buffer, input.byteOffset, input.byteLength))
      .digest('hex'),
    mean,
    std: Math.sqrt(Math.max(0, square / input.length - mean * mean)),
    nonFinite,
    target: target === undefined ? null : target.length === 1 ? (target[0] as number) : [...target],
  }
}

const factsOf = async (project: Project, loaded: Loaded, started: number): Promise<Facts> => {
  const { splits, request, task, optimizer } = project
  const { program } = await project.training(project.firstBatchSize, true, false)
  const terms = termsOf(program).map(({ label }) => label)
  const present = (['train', 'val', 'test'] as const).filter((name) => splits[name])
  const own = createRequire(import.meta.url)
  return {
    task: { ...task },
    metrics: metricsOf(task, terms.length > 1 ? terms : []).filter(
      ({ name }) => splits.test || !name.startsWith('test_'),
    ),
    can: {
      frozenBatch: 'yes',
      regularisationOff: 'yes',
      gradients: 'yes',
      evaluateAnyBatchSize: 'yes',
      perSample: task.kind === 'custom' ? { no: 'a custom task has no outputs that gonogo knows' } : 'yes',
      reset: 'yes',
      persist: 'yes',
      sampleIds: 'yes',
      configSchema: 'yes',
    },
    guarantees: {
      evaluationIsPure: 'an evaluation graph has no state outputs',
      ...(task.kind === 'custom' || project.experiment.loss
        ? {}
        : { metricsArePerSample: 'metrics are summed over per-sample numbers' }),
      checkpointCoversState: 'the engine saves the very state that it feeds to the graph',
      weightsArePlain: 'weights are written as safetensors',
      optimizerOwnsTrainable: 'the optimizer updates every parameter that the loss reaches',
      configIsStrict: 'values are checked against the JSON Schema, without coercion',
    },
    owns: { step: 'managed', evaluation: 'managed', checkpoint: 'managed' },
    tensors: project.tensors.map(({ path, tensor, role, tiedTo }) => ({
      name: path,
      kind: role === 'state' ? 'buffer' : 'parameter',
      shape: [...tensor.node.shape],
      dtype: 'float32',
      trainable: role !== 'state' && !project.frozen.has(path),
      frozen: project.frozen.has(path),
      tiedTo: tiedTo ?? null,
      optimizers: role !== 'state' && !project.frozen.has(path) ? ['main'] : [],
      where: whereMade(tensor),
    })),
    optimizers: [
      {
        name: 'main',
        kind: optimizer.kind,
        learningRates: [optimizer.learningRate.peak],
        weightDecays: [optimizer.weightDecay],
      },
    ],
    samples: Object.fromEntries(present.map((name) => [name, splits[name]?.length ?? 0])),
    stepsPerEpoch: project.stepsPerEpoch,
    steps: project.steps,
    where: loaded.where(),
    code: loaded.code(),
    packages: {
      ...loaded.packages(),
      gonogo: (own('../../../package.json') as { version: string }).version,
      'onnxruntime-node': (own('onnxruntime-node/package.json') as { version: string }).version,
    },
    data: present.map((name) => ({
      split: name,
      samples: splits[name]?.length ?? 0,
      fields: (splits[name]?.fields ?? []).map((field) => ({ ...field, shape: [...field.shape] })),
      sha256: splits[name]?.digest() ?? '',
    })),
    environment: {
      engine: 'embedded',
      device: 'cpu',
      threads: request.threads,
      platform: `${process.platform}-${process.arch}`,
      node: process.versions.node,
    },
    loadSeconds: (performance.now() - started) / 1000,
  }
}

/** The user's line that made a parameter, relative to the current folder where that is shorter. */
const whereMade = (tensor: Project['tensors'][number]['tensor']): string | null => {
  const frame = tensor.node.site.frame()
  if (frame === '?') return null
  const short = relative(process.cwd(), frame)
  return short.startsWith('..') ? frame : short
}
