// Closer looks: how far one input reaches, the rates and orders of the whole run. None of them trains or moves anything.
// Statistics of a split are in survey.ts.
import {
  type EpochOrder,
  GonogoError,
  type OrderProbe,
  orderProbe,
  type Perturbation,
  type PerturbProbe,
  perturbProbe,
  type ScheduleProbe,
  type ScheduleReport,
  scheduleProbe,
} from '../../contract/index.ts'
import { sizeOf } from '../../data/dataset.ts'
import { permutation } from '../../data/order.ts'
import { corrupt, digestOf, gathered, idsAt } from './batches.ts'
import { passForward, splitOf } from './evaluate.ts'
import type { Project } from './project.ts'

export const perturbed = async (project: Project, given: PerturbProbe): Promise<Perturbation> => {
  const { split, samples, sample, position, mode, seed, size } = perturbProbe.parse(given)
  if (mode === 'training' || project.task.kind === 'custom')
    throw new GonogoError('ENGINE_UNSUPPORTED', 'this engine shows no outputs there', {
      seen: mode === 'training' ? 'training mode' : 'a custom task',
      expected: 'the evaluation of a classification or a regression',
    })
  const dataset = splitOf(project, split)
  const ids = Uint32Array.from({ length: Math.min(samples, dataset.length) }, (_, i) => i)
  const arrays = gathered(dataset, ids)
  const outputs = async () => {
    const { program, results } = await passForward(project, dataset, ids, arrays)
    const shape = program.outputs.find(({ name }) => name === 'output/output')?.shape.slice(1) ?? []
    return { shape, values: (results.get('output/output') as Float32Array).slice() }
  }
  const plain = await outputs()
  const again = await outputs()
  const how = { kind: 'inputPerturbed', sample, position, seed, size } as const
  const changed = corrupt(project, dataset, arrays, ids.length, how)
  const after = await outputs()
  const rows = ids.length
  const input = (dataset.fields.find(({ name }) => name === 'input') ?? dataset.fields[0])?.shape[0]
  return {
    samples: rows,
    changed,
    change: largest(plain.values, after.values, rows),
    noise: largest(plain.values, again.values, rows),
    scale: plain.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    positions:
      position === null || input === undefined
        ? null
        : alongTime(plain.values, after.values, plain.shape, sample, input),
  }
}

/** Largest difference in each row. */
const largest = (a: Float32Array, b: Float32Array, rows: number): number[] => {
  const size = a.length / rows
  return Array.from({ length: rows }, (_, row) => {
    let most = 0
    for (let i = row * size; i < (row + 1) * size; i++) {
      const difference = Math.abs((a[i] as number) - (b[i] as number))
      if (!(difference <= most)) most = difference
    }
    return most
  })
}

/** Largest difference at each place of the axis that is as long as the input's first. */
const alongTime = (
  a: Float32Array,
  b: Float32Array,
  shape: readonly number[],
  sample: number,
  length: number,
): number[] | null => {
  const axis = shape[0] === length ? 0 : shape.lastIndexOf(length)
  if (axis < 0) return null
  const inner = sizeOf(shape.slice(axis + 1))
  const found = new Array<number>(length).fill(0)
  const size = sizeOf(shape)
  for (let i = 0; i < size; i++) {
    const place = Math.floor(i / inner) % length
    const difference = Math.abs((a[sample * size + i] as number) - (b[sample * size + i] as number))
    if (!(difference <= (found[place] as number))) found[place] = difference
  }
  return found
}

export const scheduled = (project: Project, given: ScheduleProbe): ScheduleReport => {
  const { points } = scheduleProbe.parse(given)
  const { steps } = project
  const wanted = new Set(
    Array.from({ length: Math.min(points, steps) }, (_, i) =>
      steps <= points ? i + 1 : 1 + Math.round((i * (steps - 1)) / (points - 1)),
    ),
  )
  const main = { min: Number.POSITIVE_INFINITY, minStep: 0, max: Number.NEGATIVE_INFINITY, maxStep: 0, zeroSteps: 0 }
  const found: { step: number; rates: { main: number[] } }[] = []
  for (let step = 1; step <= steps; step++) {
    const rate = project.learningRate(step - 1)
    if (rate < main.min) [main.min, main.minStep] = [rate, step]
    if (rate > main.max) [main.max, main.maxStep] = [rate, step]
    if (rate === 0) main.zeroSteps++
    if (wanted.has(step)) found.push({ step, rates: { main: [rate] } })
  }
  return { steps, points: found, extremes: { main }, doubt: null, schedulers: [], refused: null }
}

export const ordered = (project: Project, given: OrderProbe): EpochOrder[] => {
  const { epochs, ids: reported, whole } = orderProbe.parse(given)
  const size = project.request.batchSize
  const available = (whole ? project.whole : project.splits).train.length
  return Array.from({ length: epochs }, (_, i) => {
    const all = whole ? wholeOrder(project, i + 1) : null
    const batches = Array.from({ length: Math.ceil(available / size) }, (_, batch) =>
      all ? all.slice(batch * size, (batch + 1) * size) : idsAt(project, i + 1, batch, size),
    )
    const ids = batches.flatMap((batch) => [...batch])
    const times = new Uint8Array(available)
    for (const id of ids) times[id] = Math.min(2, (times[id] as number) + 1)
    const where = (test: (count: number) => boolean) =>
      [...times.entries()]
        .filter(([, count]) => test(count))
        .map(([id]) => id)
        .slice(0, 20)
    return {
      epoch: i + 1,
      batches: batches.length,
      smallestBatch: Math.min(...batches.map(({ length }) => length)),
      samples: ids.length,
      distinct: times.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0),
      available,
      repeated: where((count) => count > 1),
      missing: where((count) => count === 0),
      digest: digestOf(Uint32Array.from(ids)),
      ids: ids.slice(0, reported),
    }
  })
}

/** The order of an epoch of the real run: a limit would draw fewer. */
const wholeOrder = (project: Project, epoch: number): Uint32Array =>
  permutation(project.whole.train.length, project.seed, 'order', epoch)
