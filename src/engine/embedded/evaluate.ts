// Evaluation: every sample of a split once; metrics from per-sample numbers summed in float64.
import type { z } from 'zod'
import {
  type EvalProbe,
  type Evaluation,
  evalProbe,
  GonogoError,
  type PerSample,
  shuffledOrder,
} from '../../contract/index.ts'
import type { BatchArray, Dataset, Splits } from '../../data/dataset.ts'
import type { Program, Values } from '../../tensor/compile.ts'
import { corrupt, gathered, targetName } from './batches.ts'
import { noiseFeeds, type Project, stateFeeds, termsOf } from './project.ts'

/** Per-sample outputs beyond this are refused: 32 MiB of float32. */
const outputBudget = 8 * 1024 * 1024

type Sums = { readonly totals: Map<string, number>; outputs: Float32Array[]; targets: (Int32Array | Float32Array)[] }

type Probe = z.output<typeof evalProbe>

/** Throws CANCELLED where `cancelled` says so between two batches. */
export const evaluate = async (
  project: Project,
  given: EvalProbe,
  cancelled: () => boolean = () => false,
): Promise<Evaluation> => {
  const started = performance.now()
  const probe = evalProbe.parse(given)
  // samples of a training batch are numbered within what a preflight's limit has left, as batches number them
  const named = probe.ids !== null && probe.split !== 'train'
  const dataset = (probe.whole || named ? wholeSplitOf : splitOf)(project, probe.split)
  const samples = probe.ids?.length ?? Math.min(probe.limit ?? dataset.length, dataset.length)
  const size = probe.batchSize ?? project.request.evaluateBatchSize
  const ids = probe.ids ? chosen(dataset, probe) : orderOf(samples, probe.order)
  const sums: Sums = { totals: new Map(), outputs: [], targets: [] }
  let batches = 0
  let previous: Target | null = null
  for (let from = 0; from < samples; from += size, batches++) {
    if (cancelled()) throw new GonogoError('CANCELLED', 'the evaluation was cancelled')
    previous = await batch(project, dataset, ids.slice(from, from + size), sums, probe, previous)
  }
  const metrics = Object.fromEntries([...sums.totals].map(([name, total]) => [name, total / samples]))
  return {
    split: probe.split,
    samples,
    batches,
    even: samples % Math.min(size, samples) === 0,
    metrics,
    seconds: (performance.now() - started) / 1000,
    ...(probe.perSample ? { perSample: perSampleOf(sums, samples) } : {}),
    ...(probe.predictions === null ? {} : { replaced: replaceable(project) }),
    // the mode belongs to the graph, and this one is an evaluation
    ...(probe.modes ? { training: [] } : {}),
  }
}

export const splitOf = (project: Project, split: 'train' | 'val' | 'test'): Dataset => known(project.splits, split)

/** Without a preflight's limit. */
export const wholeSplitOf = (project: Project, split: 'train' | 'val' | 'test'): Dataset => known(project.whole, split)

const known = (splits: Splits, split: 'train' | 'val' | 'test'): Dataset => {
  const dataset = splits[split]
  if (!dataset)
    throw new GonogoError('DATA_SPLITS', `there is no ${split} split`, { seen: Object.keys(splits).join(', ') })
  return dataset
}

const chosen = (dataset: Dataset, { ids, split }: Probe): Uint32Array => {
  const beyond = ids?.find((id) => id >= dataset.length)
  if (beyond !== undefined)
    throw new GonogoError('SAMPLE_UNKNOWN', `the ${split} split has no such sample`, {
      seen: `id ${beyond}`,
      expected: `0 to ${dataset.length - 1}`,
    })
  return Uint32Array.from(ids ?? [])
}

const orderOf = (samples: number, order: Probe['order']): Uint32Array =>
  Uint32Array.from(
    order === 'given' || order === 'reversed'
      ? Array.from({ length: samples }, (_, i) => (order === 'given' ? i : samples - 1 - i))
      : shuffledOrder(samples, order.shuffled),
  )

/** Outputs and terms of some samples in evaluation mode. */
export const passForward = async (
  project: Project,
  dataset: Dataset,
  ids: Uint32Array,
  arrays: ReadonlyMap<string, BatchArray>,
): Promise<{ program: Program; results: Map<string, Values> }> => {
  const { program, session } = await project.evaluation(dataset, ids.length)
  const results = await session.run(
    new Map<string, Values>([...arrays, ...stateFeeds(project, program), ...noiseFeeds(project, ids)]),
  )
  return { program, results }
}

type Target = Float32Array | Int32Array

/** Adds one batch to the sums; returns the target of its last sample. */
const batch = async (
  project: Project,
  dataset: Dataset,
  ids: Uint32Array,
  sums: Sums,
  probe: Probe,
  previous: Target | null,
): Promise<Target | null> => {
  const rows = ids.length
  const arrays = gathered(dataset, ids)
  if (probe.corrupt) corrupt(project, dataset, arrays, rows, probe.corrupt)
  const { program, results } = await passForward(project, dataset, ids, arrays)
  const add = (name: string, value: number) => sums.totals.set(name, (sums.totals.get(name) ?? 0) + value)
  let loss = 0
  const terms = termsOf(program)
  for (const { name, label } of terms) {
    // a term is a mean over its batch: weighted by the rows, the sum is over samples
    const value = ((results.get(name) as Float32Array)[0] as number) * rows
    loss += value
    if (terms.length > 1) add(label, value)
  }
  if (terms.length > 0) add('loss', loss)
  const { task } = project
  if (task.kind === 'custom') return null
  const target = arrays.get(targetName(project)) as Target
  const kept = target.slice(target.length - target.length / rows)
  const made = results.get('output/output') as Float32Array
  if (probe.predictions !== null) replacePredictions(made, target, rows, task.kind, probe.predictions, previous ?? kept)
  const output = made
  if (task.kind === 'classification') {
    const { entropy, right } = classified(output, target as Int32Array, task.classes)
    if (terms.length === 0) add('loss', entropy)
    add('accuracy', right)
  } else if (terms.length === 0) add('loss', squaredError(output, target as Float32Array, rows))
  if (probe.perSample) {
    sums.outputs.push(output)
    sums.targets.push(target)
  }
  return kept
}

const replaceable = ({ task, experiment }: Project): 'yes' | { no: string } => {
  if (task.kind === 'custom') return { no: 'a custom task has no outputs that gonogo knows' }
  if (experiment.loss) return { no: 'the loss is computed inside the graph, from the outputs of the model' }
  return 'yes'
}

/** Overwrites outputs [rows, …]: scores of 20 for the class that is predicted, or the target itself. */
const replacePredictions = (
  outputs: Float32Array,
  target: Target,
  rows: number,
  kind: 'classification' | 'regression',
  how: 'perfect' | 'constant' | 'shuffled',
  before: Target,
): void => {
  const width = target.length / rows
  const predicted = (row: number, at: number): number => {
    if (how === 'constant') return 0
    if (how === 'perfect') return target[row * width + at] as number
    return (row === 0 ? before[at] : target[(row - 1) * width + at]) as number
  }
  if (kind === 'regression') {
    for (let i = 0; i < outputs.length; i++) outputs[i] = predicted(Math.floor(i / width), i % width)
    return
  }
  outputs.fill(0)
  const classes = outputs.length / rows
  for (let row = 0; row < rows; row++) outputs[row * classes + predicted(row, 0)] = 20
}

/** Sums over rows of −log softmax(logits)[label], in nats, and of right answers. The first largest logit wins a tie. */
const classified = (logits: Float32Array, labels: Int32Array, classes: number): { entropy: number; right: number } => {
  let entropy = 0
  let right = 0
  for (let row = 0; row < labels.length; row++) {
    const at = row * classes
    let top = at
    for (let i = at + 1; i < at + classes; i++) if ((logits[i] as number) > (logits[top] as number)) top = i
    let sum = 0
    for (let i = at; i < at + classes; i++) sum += Math.exp((logits[i] as number) - (logits[top] as number))
    const label = labels[row] as number
    entropy += Math.log(sum) + (logits[top] as number) - (logits[at + label] as number)
    if (top === at + label && !Number.isNaN(logits[top])) right++
  }
  return { entropy, right }
}

/** Σ over rows of the mean over outputs of (output − target)². */
const squaredError = (output: Float32Array, target: Float32Array, rows: number): number => {
  let sum = 0
  for (let i = 0; i < output.length; i++) sum += ((output[i] as number) - (target[i] as number)) ** 2
  return (sum * rows) / output.length
}

const perSampleOf = (sums: Sums, count: number): PerSample => {
  const outputs = joined(sums.outputs)
  const targets = joined(sums.targets)
  if (outputs.length > outputBudget)
    throw new GonogoError('OUTPUTS_TOO_LARGE', 'per-sample outputs exceed their budget', {
      seen: `${outputs.length} values`,
      expected: `at most ${outputBudget}`,
      try: 'ask for fewer samples with limit',
    })
  const bytes = (array: Float32Array | Int32Array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64')
  return {
    count,
    outputs: { shape: [outputs.length / count], float32: bytes(outputs as Float32Array) },
    targets: {
      shape: targets.length === count ? [] : [targets.length / count],
      dtype: targets instanceof Int32Array ? 'int32' : 'float32',
      bytes: bytes(targets),
    },
  }
}

const joined = (parts: readonly (Float32Array | Int32Array)[]): Float32Array | Int32Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const all = parts[0] instanceof Int32Array ? new Int32Array(length) : new Float32Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
