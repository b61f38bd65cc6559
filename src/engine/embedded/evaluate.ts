// Evaluation: every sample of a split once, in order; metrics from per-sample numbers summed in float64.
import { type EvalProbe, type Evaluation, GonogoError, type PerSample } from '../../contract/index.ts'
import { batchArrays, type Dataset } from '../../data/dataset.ts'
import type { Values } from '../../tensor/compile.ts'
import { noiseFeeds, type Project, stateFeeds, termsOf } from './project.ts'

/** Per-sample outputs beyond this are refused: 32 MiB of float32. */
const outputBudget = 8 * 1024 * 1024

type Sums = { readonly totals: Map<string, number>; outputs: Float32Array[]; targets: (Int32Array | Float32Array)[] }

export const evaluate = async (project: Project, probe: EvalProbe): Promise<Evaluation> => {
  const started = performance.now()
  const split = probe.split ?? 'val'
  const dataset = project.splits[split]
  if (!dataset)
    throw new GonogoError('DATA_SPLITS', `there is no ${split} split`, { seen: Object.keys(project.splits).join(', ') })
  const samples = Math.min(probe.limit ?? dataset.length, dataset.length)
  const size = probe.batchSize ?? project.request.evaluateBatchSize
  const sums: Sums = { totals: new Map(), outputs: [], targets: [] }
  let batches = 0
  for (let from = 0; from < samples; from += size, batches++)
    await batch(project, dataset, from, Math.min(size, samples - from), sums, probe.perSample === true)
  const metrics = Object.fromEntries([...sums.totals].map(([name, total]) => [name, total / samples]))
  return {
    split,
    samples,
    batches,
    metrics,
    seconds: (performance.now() - started) / 1000,
    ...(probe.perSample ? { perSample: perSampleOf(sums, samples) } : {}),
  }
}

const batch = async (project: Project, dataset: Dataset, from: number, rows: number, sums: Sums, keep: boolean) => {
  const ids = Uint32Array.from({ length: rows }, (_, i) => from + i)
  const arrays = batchArrays(dataset.fields, rows)
  dataset.gather(ids, arrays)
  const { program, session } = await project.evaluation(dataset, rows)
  const results = await session.run(
    new Map<string, Values>([...arrays, ...stateFeeds(project, program), ...noiseFeeds(project, ids)]),
  )
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
  if (task.kind === 'custom') return
  const output = results.get('output/output') as Float32Array
  const target = arrays.get(task.kind === 'classification' ? 'label' : 'target') as Int32Array | Float32Array
  if (task.kind === 'classification') {
    const { entropy, right } = classified(output, target as Int32Array, task.classes)
    if (terms.length === 0) add('loss', entropy)
    add('accuracy', right)
  } else if (terms.length === 0) add('loss', squaredError(output, target as Float32Array, rows))
  if (keep) {
    sums.outputs.push(output)
    sums.targets.push(target)
  }
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
