// The embedded subject: facts about an opened experiment, and its operations.
// Each operation's work is in the file of its name.
import { createRequire } from 'node:module'
import type {
  DataProbe,
  DeterminismReport,
  EvalProbe,
  Facts,
  ModuleFact,
  OpenRequest,
  OrderProbe,
  OwnCheckProbe,
  OwnOutcome,
  PersistProbe,
  PerturbProbe,
  SampleDigest,
  ScheduleProbe,
  StateProbe,
  StepRecord,
  SurveyProbe,
  TrainProbe,
} from '../../contract/index.ts'
import { GonogoError } from '../../contract/index.ts'
import { decays } from '../../tensor/optim/optimizer.ts'
import { metricsOf } from './describe.ts'
import { digests } from './digests.ts'
import { evaluate } from './evaluate.ts'
import { shown } from './frame.ts'
import type { Loaded } from './loader.ts'
import { ordered, perturbed, scheduled } from './looks.ts'
import { ownCheck, ownChecksOf } from './own-check.ts'
import { persist } from './persist.ts'
import { Project, termsOf } from './project.ts'
import { States } from './state.ts'
import { surveyed } from './survey.ts'
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

  evaluate(probe: EvalProbe, cancelled: () => boolean) {
    return evaluate(this.#project, probe, cancelled)
  }

  data(probe: DataProbe): SampleDigest[] {
    return digests(this.#project, probe)
  }

  perturb(probe: PerturbProbe) {
    return perturbed(this.#project, probe)
  }

  schedule(probe: ScheduleProbe) {
    return scheduled(this.#project, probe)
  }

  order(probe: OrderProbe) {
    return ordered(this.#project, probe)
  }

  survey(probe: SurveyProbe) {
    return surveyed(this.#project, probe)
  }

  own(probe: OwnCheckProbe, cancelled: () => boolean): Promise<OwnOutcome> {
    return ownCheck(this, this.#project, probe, cancelled)
  }

  state(probe: StateProbe) {
    return this.#states.handle(probe)
  }

  determinism(): DeterminismReport {
    // one thread count, one graph: onnxruntime's CPU kernels add up in a fixed order
    return { mode: 'always', named: [], differing: [], reason: null, try: null }
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
  if (request.workers) refuse('train.workers', String(request.workers), '0: the data is in memory')
  if (request.accumulate !== 1) refuse('train.accumulate', String(request.accumulate), '1')
}

const factsOf = async (project: Project, loaded: Loaded, started: number): Promise<Facts> => {
  const { splits, request, task, optimizer } = project
  const { program } = await project.training(project.firstBatchSize, true, false)
  const terms = termsOf(program).map(({ label }) => label)
  const looks = task.kind !== 'custom' || (project.lookThrough('evaluation')?.outputs ?? null) !== null
  const unseen = {
    no: 'the model of this custom task is not called as a whole, or its outputs have no row for each sample',
  }
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
      freshProcess: 'yes',
      configSchema: 'yes',
      batchByIds: 'yes',
      corrupt: looks ? 'yes' : unseen,
      suppressUpdates: 'yes',
      trace: 'yes',
      accumulate: { no: 'this engine accumulates no gradients' },
      evaluateAnyOrder: 'yes',
      replacePredictions:
        task.kind === 'custom'
          ? { no: 'a custom task has no outputs that gonogo knows' }
          : project.experiment.loss
            ? { no: 'the loss is computed inside the graph, from the outputs of the model' }
            : 'yes',
      perturb: looks ? 'yes' : unseen,
      perturbTraining: { no: 'a training graph gives no outputs' },
      passes: 'yes',
      order: 'yes',
      survey: 'yes',
      schedule: 'yes',
    },
    guarantees: {
      evaluationIsPure: 'an evaluation graph has no state outputs',
      ...(task.kind === 'custom' || project.experiment.loss
        ? {}
        : { metricsArePerSample: 'metrics are summed over per-sample numbers' }),
      checkpointCoversState: 'the engine saves the very state that it feeds to the graph',
      weightsArePlain: 'weights are written as safetensors',
      optimizerOwnsTrainable: 'the optimizer updates every parameter that the loss reaches',
      gradientsStartAtZero: 'each step’s graph computes its gradients anew',
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
      weightDecay: role !== 'state' && decays(role) ? optimizer.weightDecay : 0,
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
    modules: modulesOf(project, program.streams),
    loading: { workers: 0, shuffles: true, dropsLast: false },
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
    hashing: { fixed: 'sets and maps keep the order in which they were filled' },
    loadSeconds: (performance.now() - started) / 1000,
    declared: { causal: project.experiment.causal ?? null, couplesBatch: project.experiment.couplesBatch ?? false },
    checks: ownChecksOf(project.experiment, loaded),
    evaluationDraws: [...(project.lookThrough('evaluation')?.streams ?? [])],
  }
}

/** Layers that a training graph shows by what they do: noise that is drawn, statistics that are kept over the batch. */
const modulesOf = ({ tensors }: Project, streams: readonly string[]): ModuleFact[] => {
  const parent = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('.')))
  return [
    ...tensors
      .filter(({ path, role }) => role === 'state' && /(^|\.)running_mean$/.test(path))
      .map(({ path }) => ({ name: parent(path), kind: 'batchNorm', traits: ['couplesBatch' as const] })),
    ...streams.map((stream) => ({
      name: stream.slice(0, Math.max(0, stream.lastIndexOf('/'))),
      kind: stream.slice(stream.lastIndexOf('/') + 1),
      traits: ['drawsNoise' as const],
    })),
  ]
}

/** The user's line that made a parameter, relative to the current folder where that is shorter. */
const whereMade = (tensor: Project['tensors'][number]['tensor']): string | null => {
  const frame = tensor.node.site.frame()
  if (frame === '?') return null
  return shown(frame)
}
