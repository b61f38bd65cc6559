// Training steps of an opened experiment: batches in order, one graph a step, records in groups.
import type { z } from 'zod'
import { GonogoError, type StepRecord, type TrainProbe, trainProbe } from '../../contract/index.ts'
import type { Values } from '../../tensor/compile.ts'
import { type Batch, batchesOf } from './batches.ts'
import { memoryNow, Observer } from './observe.ts'
import { noiseFeeds, type Project, stateFeeds, termsOf } from './project.ts'

/** A group of records goes out at this age or size, whichever comes first. */
const groupMilliseconds = 50
const groupSize = 64

type Probe = z.output<typeof trainProbe>

/** Does `probe.steps` steps. A cancelled call ends after the step it is in. */
export const train = async (
  project: Project,
  given: TrainProbe,
  send: (records: readonly StepRecord[]) => void,
  cancelled: () => boolean,
): Promise<{ steps: number }> => {
  const probe: Probe = trainProbe.parse(given)
  if (probe.accumulate !== null && probe.accumulate !== 1)
    throw new GonogoError('ENGINE_UNSUPPORTED', 'this engine accumulates no gradients', {
      seen: `accumulate ${probe.accumulate}`,
      expected: '1',
    })
  const observer = probe.observe ? new Observer(project, probe.trace, probe.elements) : null
  let group: StepRecord[] = []
  let sentAt = performance.now()
  const flush = (): void => {
    const last = group.at(-1)
    if (last) send([...group.slice(0, -1), { ...last, memory: memoryNow(probe.census) }])
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
    const record = step(project, probe, current, wait, observer, () => {
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

const step = async (
  project: Project,
  probe: Probe,
  batch: Batch,
  wait: number,
  observer: Observer | null,
  whileRunning: () => void,
): Promise<StepRecord> => {
  const compiled = await project.training(batch.ids.length, probe.regularisation, probe.observe !== false)
  const { progress } = project
  const learningRate = probe.learningRate ?? (probe.learningRateFactor ?? 1) * project.learningRate(progress.step)
  const applied = probe.updates === 'applied'
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
  const observed = await observer?.look(program, results, applied)
  for (const { name, kind, fetch } of program.state)
    if (fetch !== null && (applied || kind === 'buffer')) project.state.set(name, results.get(fetch) as Float32Array)
  advance(project, probe)
  const scalar = (name: string): number => (results.get(name) as Float32Array)[0] as number
  return {
    step: progress.step,
    epoch: progress.epoch,
    loss: scalar('loss'),
    terms: Object.fromEntries(termsOf(program).map(({ name, label }) => [label, scalar(name)])),
    updates: [
      {
        optimizer: 'main',
        outcome: applied ? 'applied' : 'skipped',
        learningRates: [learningRate],
        gradientNorm: scalar('gradient_norm'),
        clippedNorm: scalar('clipped_norm'),
      },
    ],
    samples: { count: batch.ids.length, digest: batch.digest, ...(probe.ids ? { ids: [...batch.ids] } : {}) },
    ...observed,
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
