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
import { type BatchArray, type Dataset, sizeOf } from '../../data/dataset.ts'
import { permutation } from '../../data/order.ts'
import type { Values } from '../../tensor/compile.ts'
import { corrupt, digestOf, gathered, idsAt } from './batches.ts'
import { splitOf } from './evaluate.ts'
import { noiseFeeds, type Project, stateFeeds } from './project.ts'

export const perturbed = async (project: Project, given: PerturbProbe): Promise<Perturbation> => {
  const { split, samples, sample, position, mode, seed, size, targets } = perturbProbe.parse(given)
  if (mode === 'training')
    throw new GonogoError('ENGINE_UNSUPPORTED', 'this engine shows no outputs there', {
      seen: 'training mode',
      expected: 'the evaluation',
    })
  const dataset = splitOf(project, split)
  const ids = Uint32Array.from({ length: Math.min(samples, dataset.length) }, (_, i) => i)
  const arrays = gathered(dataset, ids)
  const outputs = () => outputsOf(project, dataset, ids, arrays)
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
    change: across(plain, after, rows),
    noise: across(plain, again, rows),
    scale: plain.flatMap(({ values }) => [...values]).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    positions: position === null || input === undefined ? null : alongTimeOf(plain, after, sample, input),
    ...(targets ? { asked: await askedOf(project, dataset, ids, gathered(dataset, ids)) } : {}),
  }
}

type Output = { readonly shape: readonly number[]; readonly values: Float32Array }

const askedOf = async (
  project: Project,
  dataset: Dataset,
  ids: Uint32Array,
  arrays: ReadonlyMap<string, BatchArray>,
): Promise<Perturbation['asked']> => {
  if (project.task.kind !== 'custom') return null
  const { program, results } = await looked(project, dataset, ids, arrays)
  const [asked, given] = ['asked', 'given'].map((name) => results.get(`output/${name}`) as Float32Array | undefined)
  const length = program.outputs.find(({ name }) => name === 'output/asked')?.shape[1] ?? 0
  if (!asked || !given || length < 3) return null
  let [of, next, same, second, still] = [0, 0, 0, 0, 0]
  for (const [i, wanted] of asked.entries()) {
    // the last two positions have no input that far on; nor have those before padding, an end of one repeated number
    if ((i % length) + 2 >= endOf(given, i - (i % length), length)) continue
    of++
    if (wanted === given[i + 1]) next++
    if (wanted === given[i]) same++
    if (wanted === given[i + 2]) second++
    if (given[i] === given[i + 1]) still++
  }
  if (of === 0) return null
  const share = (count: number) => count / of
  return {
    next: share(next),
    same: share(same),
    second: share(second),
    still: share(still),
    scored: 1,
    padding: 0,
    paddingScored: 0,
  }
}

/** Positions of a row before the number that it ends in, where that stands there twice or more. */
const endOf = (values: Float32Array, from: number, length: number): number => {
  let end = length
  while (end > 1 && values[from + end - 2] === values[from + length - 1]) end--
  return end === length ? length : end - 1
}

/** Of a custom task what the model returned, in the order of its calls. */
const outputsOf = async (
  project: Project,
  dataset: Dataset,
  ids: Uint32Array,
  arrays: ReadonlyMap<string, BatchArray>,
): Promise<Output[]> => {
  const { program, results } = await looked(project, dataset, ids, arrays)
  return program.outputs
    .filter(({ name }) => name === 'output/output' || /^output\/\d+$/.test(name))
    .map(({ name, shape }) => ({ shape: shape.slice(1), values: (results.get(name) as Float32Array).slice() }))
}

const looked = async (
  project: Project,
  dataset: Dataset,
  ids: Uint32Array,
  arrays: ReadonlyMap<string, BatchArray>,
) => {
  const { program, session } =
    project.task.kind === 'custom'
      ? await project.looking(dataset, ids.length)
      : await project.evaluation(dataset, ids.length)
  const results = await session.run(
    new Map<string, Values>([...arrays, ...stateFeeds(project, program), ...noiseFeeds(project, ids)]),
  )
  return { program, results }
}

/** Largest difference in each row, of all outputs. */
const across = (a: readonly Output[], b: readonly Output[], rows: number): number[] =>
  a
    .map(({ values }, i) => largest(values, (b[i] as Output).values, rows))
    .reduce((most, each) => most.map((value, row) => ((each[row] as number) <= value ? value : (each[row] as number))))

/** Of the outputs that have the input's axis of time; null where none has. */
const alongTimeOf = (a: readonly Output[], b: readonly Output[], sample: number, length: number): number[] | null => {
  const each = a
    .map(({ values, shape }, i) => alongTime(values, (b[i] as Output).values, shape, sample, length))
    .filter((found) => found !== null)
  const [first] = each
  return first ? first.map((_, at) => Math.max(...each.map((found) => found[at] as number))) : null
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
