// Batches of an opened experiment: the next of the run, a frozen one, or samples by id; and what a probe does to one on its way.
// It moves nothing: where the run stands is the project's.
import type { z } from 'zod'
import { type corruption, drawOf, GonogoError, shuffledOrder, type trainProbe } from '../../contract/index.ts'
import { type BatchArray, batchArrays, type Dataset, sizeOf } from '../../data/dataset.ts'
import { changePadding, paddingOf, targetsAt } from './padding.ts'
import type { Project } from './project.ts'

type Corruption = z.output<typeof corruption>
type Arrays = ReadonlyMap<string, BatchArray>
export type Batch = { readonly ids: Uint32Array; readonly arrays: Arrays; readonly digest: string }

/** A function that returns the next batch at each call; it looks ahead of the project's progress, which a step moves. */
export const batchesOf = (project: Project, probe: z.output<typeof trainProbe>): (() => Batch) => {
  const { train: dataset } = project.splits
  const made = (ids: Uint32Array): Batch => {
    const arrays = gathered(dataset, ids)
    if (probe.corrupt) corrupt(project, dataset, arrays, ids.length, probe.corrupt)
    return { ids, arrays, digest: digestOf(ids) }
  }
  if (probe.batch !== 'live') {
    const lists = 'ids' in probe.batch ? probe.batch.ids : [[...project.order(1).slice(0, probe.batch.frozen)]]
    const known = lists.map((list) => made(checkedIds(list, dataset.length)))
    let next = 0
    return () => known[next++ % known.length] as Batch
  }
  const size = project.request.batchSize
  let { epoch, batch } = project.progress
  return () => {
    if (batch === project.stepsPerEpoch) {
      epoch++
      batch = 0
    }
    return made(idsAt(project, epoch, batch++, size))
  }
}

/** Samples of one batch of an epoch; batches count from 0. */
export const idsAt = (project: Project, epoch: number, batch: number, size: number): Uint32Array =>
  project.order(epoch).slice(batch * size, Math.min((batch + 1) * size, project.splits.train.length))

const checkedIds = (ids: readonly number[], samples: number): Uint32Array => {
  const beyond = ids.find((id) => id >= samples)
  if (beyond !== undefined)
    throw new GonogoError('SAMPLE_UNKNOWN', 'the training split has no such sample', {
      seen: `id ${beyond}`,
      expected: `0 to ${samples - 1}`,
    })
  return Uint32Array.from(ids)
}

/** A fresh copy of these samples. */
export const gathered = (dataset: Dataset, ids: Uint32Array): Map<string, BatchArray> => {
  const arrays = batchArrays(dataset.fields, ids.length)
  dataset.gather(ids, arrays)
  return arrays
}

/** FNV-1a over sample ids in order: cheap, and equal orders give equal digests. */
export const digestOf = (ids: Uint32Array): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < ids.length; i++) hash = Math.imul(hash ^ (ids[i] as number), 0x01000193)
  return `${ids.length}:${(hash >>> 0).toString(16).padStart(8, '0')}`
}

export const targetName = (project: Project): string => (project.task.kind === 'classification' ? 'label' : 'target')

/** Fields that hold what is asked for at each position; of a custom task by their form. */
export const targetsIn = (project: Project, dataset: Dataset, arrays: Arrays, rows: number): string[] => {
  if (project.task.kind !== 'custom') return [targetName(project)]
  const padding = paddingOf(arrays, dataset.fields, rows)
  const outputs = project.lookThrough('evaluation')?.outputs
  return padding && outputs ? targetsAt(arrays, dataset.fields, padding, outputs).map(({ name }) => name) : []
}

/** Changes the arrays of a batch in place, which must be its own; returns how many input values changed. */
export const corrupt = (
  project: Project,
  dataset: Dataset,
  arrays: Map<string, BatchArray>,
  rows: number,
  how: Corruption,
): number => {
  if (how.kind === 'labelsShuffled') {
    const target = arrays.get(targetName(project))
    if (!target) throw unknownField(dataset, targetName(project))
    const size = target.length / rows
    const before = target.slice()
    for (const [to, from] of shuffledOrder(rows, how.seed).entries())
      target.set(before.subarray(from * size, (from + 1) * size), to * size)
    return 0
  }
  if (how.kind === 'paddingChanged') {
    const names = how.what === 'input' ? ['input'] : targetsIn(project, dataset, arrays, rows)
    return names.reduce((sum, name) => sum + changePadding(arrays, dataset.fields, rows, name), 0)
  }
  const input = arrays.get('input') ?? [...arrays.values()][0]
  if (!input) throw unknownField(dataset, 'input')
  if (how.kind === 'inputsZeroed') {
    input.fill(0)
    return input.length
  }
  const field = dataset.fields.find(({ name }) => arrays.get(name) === input)
  return perturb(input, rows, field?.shape ?? [], how)
}

const perturb = (
  input: BatchArray,
  rows: number,
  shape: readonly number[],
  { sample, position, seed, size: spreads }: Extract<Corruption, { kind: 'inputPerturbed' }>,
): number => {
  if (sample >= rows || (position !== null && position >= (shape[0] ?? 0)))
    throw new GonogoError('SAMPLE_UNKNOWN', 'the batch has no such place to perturb', {
      seen: `sample ${sample}${position === null ? '' : `, position ${position}`}`,
      expected: `${rows} samples of shape [${shape.join(', ')}]`,
    })
  const size = sizeOf(shape)
  const inner = sizeOf(shape.slice(1))
  const from = sample * size + (position === null ? 0 : position * inner)
  const to = position === null ? from + size : from + inner
  let changed = 0
  const draw = drawOf(seed)
  // columns of whole numbers may count different things: a person and a film
  const columns = input instanceof Int32Array ? columnsOf(input, size) : null
  const next = columns ? (at: number) => columns[at % size] as ReadonlyMap<number, number> : null
  const spread = next ? 0 : spreads * (deviation(input) || 1)
  const within = next ? null : insideOf(input)
  for (let i = from; i < to; i++) {
    const before = input[i] as number
    input[i] = within ? within(before, spread * (draw() / 2 ** 31 - 1)) : (next?.(i).get(before) ?? before)
    if (input[i] !== before) changed++
  }
  return changed
}

/** A step that stays among the values there are: a loss of probabilities takes no others. Turned round at an end. */
const insideOf = (values: BatchArray): ((value: number, step: number) => number) => {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (!(low < high)) return (value, step) => value + step
  return (value, step) => {
    const there = value + step
    return Math.min(high, Math.max(low, there >= low && there <= high ? there : value - step))
  }
}

/** What follows at each place of a sample; where all samples are alike at one, whatever follows anywhere. */
const columnsOf = (values: Int32Array, size: number): readonly ReadonlyMap<number, number>[] => {
  const anywhere = following(values)
  return Array.from({ length: size }, (_, at) => {
    const here = following(values.filter((_value, i) => i % size === at))
    return here.size > 1 ? here : anywhere
  })
}

/** Each whole number that occurs → the next larger one, the largest → the smallest. */
const following = (values: BatchArray): Map<number, number> => {
  const sorted = [...new Set(values)].sort((a, b) => a - b)
  return new Map(sorted.map((value, i) => [value, sorted[(i + 1) % sorted.length] as number]))
}

const deviation = (values: BatchArray): number => {
  let sum = 0
  let square = 0
  for (let i = 0; i < values.length; i++) {
    sum += values[i] as number
    square += (values[i] as number) ** 2
  }
  return Math.sqrt(Math.max(0, square / values.length - (sum / values.length) ** 2))
}

const unknownField = (dataset: Dataset, name: string) =>
  new GonogoError('DATA_FIELD', `the batch has no field called ${name}`, {
    seen: dataset.fields.map((field) => field.name).join(', '),
    expected: name,
  })
