// Training steps of an opened experiment: batches in order, one graph a step, records in groups.
import type { z } from 'zod'
import { type StepRecord, type TrainProbe, trainProbe } from '../../contract/index.ts'
import { type BatchArray, batchArrays } from '../../data/dataset.ts'
import type { Program, Values } from '../../tensor/compile.ts'
import { noiseFeeds, type Project, stateFeeds, termsOf } from './project.ts'

/** A group of records goes out at this age or size, whichever comes first. */
const groupMilliseconds = 50
const groupSize = 64

type Batch = { readonly ids: Uint32Array; readonly arrays: ReadonlyMap<string, BatchArray>; readonly digest: string }
type Probe = z.output<typeof trainProbe>

/** Does `probe.steps` steps. A cancelled call ends after the step it is in. */
export const train = async (
  project: Project,
  given: TrainProbe,
  send: (records: readonly StepRecord[]) => void,
  cancelled: () => boolean,
): Promise<{ steps: number }> => {
  const probe: Probe = trainProbe.parse(given)
  let group: StepRecord[] = []
  let sentAt = performance.now()
  const flush = (): void => {
    if (group.length > 0) send(group)
    group = []
    sentAt = performance.now()
  }
  const batches = batchesOf(project, probe)
  let waiting = performance.now()
  let batch = batches()
  let done = 0
  for (; done < probe.steps && !cancelled(); done++) {
    const wait = (performance.now() - waiting) / 1000
    const last = done + 1 === probe.steps
    const current = batch
    // the next batch is copied while the runtime works on this one
    const record = step(project, probe, current, wait, () => {
      waiting = performance.now()
      if (!last) batch = batches()
    })
    group.push(await record)
    waiting = performance.now()
    if (group.length >= groupSize || performance.now() - sentAt > groupMilliseconds) flush()
  }
  flush()
  return { steps: done }
}

/** A function that returns the next batch at each call; it looks ahead of the project's progress, which `step` moves. */
const batchesOf = (project: Project, probe: Probe): (() => Batch) => {
  const { train: dataset } = project.splits
  if (probe.batch !== 'live') {
    const ids = project.order(1).slice(0, probe.batch.frozen)
    const frozen = gather(project, ids)
    return () => frozen
  }
  const size = project.request.batchSize
  let { epoch, batch } = project.progress
  return () => {
    if (batch === project.stepsPerEpoch) {
      epoch++
      batch = 0
    }
    const ids = project.order(epoch).slice(batch * size, Math.min((batch + 1) * size, dataset.length))
    batch++
    return gather(project, ids)
  }
}

const gather = (project: Project, ids: Uint32Array): Batch => {
  const arrays = batchArrays(project.splits.train.fields, ids.length)
  project.splits.train.gather(ids, arrays)
  return { ids, arrays, digest: digestOf(ids) }
}

/** FNV-1a over sample ids in order: cheap, and equal orders give equal digests. */
const digestOf = (ids: Uint32Array): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < ids.length; i++) hash = Math.imul(hash ^ (ids[i] as number), 0x01000193)
  return `${ids.length}:${(hash >>> 0).toString(16).padStart(8, '0')}`
}

const step = async (
  project: Project,
  probe: Probe,
  batch: Batch,
  wait: number,
  whileRunning: () => void,
): Promise<StepRecord> => {
  const compiled = await project.training(batch.ids.length, probe.regularisation, probe.observe)
  const { progress } = project
  const learningRate = probe.learningRate ?? project.learningRate(progress.step)
  const started = performance.now()
  const running = compiled.session.run(
    new Map<string, Values>([
      ...batch.arrays,
      ...stateFeeds(project, compiled.program),
      ['learning_rate', Float32Array.of(learningRate)],
      ...noiseFeeds(project, batch.ids),
    ]),
  )
  whileRunning()
  const results = await running
  const seconds = (performance.now() - started) / 1000
  const { program } = compiled
  const parameters = probe.observe ? changes(project, program, results) : undefined
  for (const { name, fetch } of program.state)
    if (fetch !== null) project.state.set(name, results.get(fetch) as Float32Array)
  advance(project, probe)
  const scalar = (name: string): number => (results.get(name) as Float32Array)[0] as number
  return {
    step: progress.step,
    epoch: progress.epoch,
    loss: scalar('loss'),
    terms: Object.fromEntries(termsOf(program).map(({ name, label }) => [label, scalar(name)])),
    updates: [
      { optimizer: 'main', outcome: 'applied', learningRates: [learningRate], gradientNorm: scalar('gradient_norm') },
    ],
    samples: { count: batch.ids.length, digest: batch.digest },
    ...(parameters ? { parameters } : {}),
    seconds,
    wait,
  }
}

const advance = (project: Project, probe: Probe): void => {
  const { progress } = project
  progress.step++
  if (probe.batch !== 'live') return
  if (progress.batch === project.stepsPerEpoch) {
    progress.epoch++
    progress.batch = 0
  }
  progress.batch++
}

const changes = (project: Project, { state }: Program, results: ReadonlyMap<string, Values>) =>
  Object.fromEntries(
    state
      .filter(({ kind }) => kind === 'parameter')
      .map(({ name, fetch }) => {
        const before = project.state.get(name) as Float32Array
        const gradient = results.get(`gradient/${name}`)
        return [
          name,
          {
            gradient: gradient === undefined ? null : norm(gradient as Float32Array),
            change: fetch === null ? 0 : distance(before, results.get(fetch) as Float32Array),
            norm: norm(before),
          },
        ]
      }),
  )

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
