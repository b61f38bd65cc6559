// What an observed step shows: gradients, changes, how they compare with the first step's, and what the graph reaches.
// Reads results; the step itself is train.ts.
import type { Memory, StepRecord, Trace } from '../../contract/index.ts'
import type { LossFault, Program, Values } from '../../tensor/compile.ts'
import { confirmed } from './confirmed.ts'
import { shown } from './frame.ts'
import type { Project } from './project.ts'

type Results = ReadonlyMap<string, Values>
type Observed = Pick<StepRecord, 'parameters' | 'againstFirst' | 'nonFinite' | 'trace' | 'elements'>

/** One probe's observations; it remembers the first step's gradients. */
export class Observer {
  readonly #project: Project
  readonly #trace: boolean
  readonly #elements: number
  #first: ReadonlyMap<string, Float32Array> | null = null
  #steps = 0

  constructor(project: Project, trace: boolean, elements: number) {
    this.#project = project
    this.#trace = trace
    this.#elements = elements
  }

  /** Before the new state is taken over. `applied`: whether it will be. */
  async look(program: Program, results: Results, applied: boolean): Promise<Observed> {
    const gradients = new Map(
      program.state
        .filter(({ kind }) => kind === 'parameter')
        .flatMap(({ name }) => {
          const gradient = results.get(`gradient/${name}`)
          return gradient === undefined ? [] : [[name, gradient as Float32Array] as const]
        }),
    )
    this.#first ??= new Map([...gradients].map(([name, values]) => [name, values.slice()]))
    const traced = this.#trace && this.#steps < 2
    this.#steps++
    return {
      parameters: changes(this.#project, program, results, applied),
      againstFirst: against(this.#first, gradients),
      nonFinite: {
        gradients: count(gradients.values()),
        optimizer: count(
          program.state.flatMap(({ kind, fetch }) =>
            kind === 'optimizer' && fetch !== null ? [results.get(fetch) as Float32Array] : [],
          ),
        ),
      },
      ...(this.#elements > 0 ? { elements: spread(this.#project, gradients, this.#elements) } : {}),
      ...(traced ? { trace: await traceOf(this.#project, gradients) } : {}),
    }
  }
}

const changes = (project: Project, { state }: Program, results: Results, applied: boolean) => {
  const scalar = (name: string) => (results.get(name) as Float32Array)[0] as number
  const whole = scalar('gradient_norm')
  const shrink = whole === 0 ? 1 : scalar('clipped_norm') / whole
  return Object.fromEntries(
    state
      .filter(({ kind }) => kind === 'parameter')
      .map(({ name, fetch }) => {
        const before = project.state.get(name) as Float32Array
        const gradient = (results.get(`gradient/${name}`) as Float32Array | undefined) ?? null
        const after = fetch === null || !applied ? before : (results.get(fetch) as Float32Array)
        const size = gradient && norm(gradient)
        return [
          name,
          {
            gradient: size,
            clipped: size === null || fetch === null ? null : shrink * size,
            descent: gradient === null || fetch === null ? null : shrink * descent(gradient, before, after),
            change: distance(before, after),
            norm: norm(before),
          },
        ]
      }),
  )
}

const against = (first: ReadonlyMap<string, Float32Array>, now: ReadonlyMap<string, Float32Array>) => {
  let dot = 0
  let left = 0
  let right = 0
  for (const [name, gradient] of now) {
    right += norm(gradient) ** 2
    const before = first.get(name)
    if (before) for (let i = 0; i < gradient.length; i++) dot += (gradient[i] as number) * (before[i] as number)
  }
  for (const gradient of first.values()) left += norm(gradient) ** 2
  return { ratio: Math.sqrt(right / left), cosine: dot / Math.sqrt(left * right) }
}

/** Elements of the gradient at evenly spaced places of all trainable parameters, one after the other. */
const spread = (project: Project, gradients: ReadonlyMap<string, Float32Array>, wanted: number): number[] => {
  const { tensors, frozen, state } = project
  const names = tensors
    .filter(({ path, role, tiedTo }) => role !== 'state' && tiedTo === undefined && !frozen.has(path))
    .map(({ path }) => path)
  const sizes = names.map((name) => state.get(name)?.length ?? 0)
  const whole = sizes.reduce((a, b) => a + b, 0)
  const found: number[] = []
  let at = 0
  let before = 0
  for (let i = 0; i < Math.min(wanted, whole); i++) {
    const place = Math.floor((i * whole) / Math.min(wanted, whole))
    while (place >= before + (sizes[at] as number)) before += sizes[at++] as number
    found.push(gradients.get(names[at] as string)?.[place - before] ?? 0)
  }
  return found
}

const traceOf = async (project: Project, gradients: ReadonlyMap<string, Float32Array>): Promise<Trace> => {
  const terms = project.reach()
  const seen = project.lookThrough('training')
  const matrices = project.tensors.filter(
    ({ role, tiedTo, tensor }) => role !== 'state' && tiedTo === undefined && tensor.node.shape.length > 1,
  )
  return {
    terms: Object.fromEntries(terms),
    loss: [...new Set([...terms.values()].flat())],
    // a parameter outside the model's tree is a constant of the graph
    strays: [],
    ...(seen
      ? {
          losses: {
            called: [...seen.called],
            faults: seen.faults.flatMap((fault) => {
              const found = confirmed(project, fault)
              return found ? [told(project, found, seen.rows)] : []
            }),
          },
          torn: seen.torn.map(({ where, how }) => ({ where: where && shown(where), how })),
          unheeded: project.splits.train.fields.map(({ name }) => name).filter((name) => !seen.loss.has(name)),
        }
      : {}),
    symmetry: Object.fromEntries(
      matrices.map(({ path, tensor }) => {
        const rows = tensor.node.shape[0] as number
        const gradient = gradients.get(path)
        return [
          path,
          {
            weights: distinct(project.state.get(path) as Float32Array, rows),
            gradients: gradient ? distinct(gradient, rows) : null,
          },
        ]
      }),
    ),
  }
}

/** In the user's terms: a batch of its own size, and a place relative to the current folder. */
const told = (project: Project, { given, target, ...fault }: LossFault, rows: number) => {
  const shape = (sizes: readonly number[]) => sizes.map((size) => (size === rows ? project.firstBatchSize : size))
  return {
    ...fault,
    where: fault.where && shown(fault.where),
    ...(given ? { given: shape(given) } : {}),
    ...(target ? { target: shape(target) } : {}),
  }
}

/** Bitwise different rows and columns of a matrix [rows, rest]. */
const distinct = (values: Float32Array, rows: number) => {
  const columns = values.length / rows
  const across = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      across[column * rows + row] = values[row * columns + column] as number
  return {
    rows,
    distinctRows: distinctRows(values, columns),
    columns,
    distinctColumns: distinctRows(across, rows),
    zero: values.every((value) => value === 0),
  }
}

const distinctRows = (values: Float32Array, width: number): number => {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  const found = new Set<string>()
  for (let at = 0; at < bytes.length; at += 4 * width) found.add(bytes.toString('latin1', at, at + 4 * width))
  return found.size
}

export const memoryNow = (census: boolean): Memory => ({
  rss: process.memoryUsage.rss(),
  allocated: null,
  reserved: null,
  peak: null,
  // one compiled graph for all steps: nothing holds another
  ...(census ? { graphs: null } : {}),
})

const count = (arrays: Iterable<Float32Array>): number => {
  let bad = 0
  for (const values of arrays) for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) bad++
  return bad
}

const norm = (values: Float32Array): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2
  return Math.sqrt(sum)
}

const distance = (a: Float32Array, b: Float32Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((b[i] as number) - (a[i] as number)) ** 2
  return Math.sqrt(sum)
}

const descent = (gradient: Float32Array, before: Float32Array, after: Float32Array): number => {
  let sum = 0
  for (let i = 0; i < gradient.length; i++)
    sum += (gradient[i] as number) * ((after[i] as number) - (before[i] as number))
  return sum
}
