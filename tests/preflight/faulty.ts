// A faulty hand on a real subject: what is saved, loaded or evaluated is real, and then really spoilt.
// The embedded engine cannot write most of these bugs; a project's own save, load and evaluate can.
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/index.ts'
import { type Evaluation, fromJson, toJson } from '../../src/contract/index.ts'
import type { Engine, Subject } from '../../src/engine/index.ts'

export type Hand = Partial<Pick<Subject, 'train' | 'evaluate' | 'persist'>>

/** The engine, with some operations of each subject replaced. */
export const withHand =
  (hand: (subject: Subject) => Hand) =>
  (engine: Engine): Engine => ({
    name: engine.name,
    concurrency: engine.concurrency,
    describe: (at, next, process) => engine.describe(at, next, process),
    settle: () => engine.settle(),
    weights: (dir) => engine.weights(dir),
    headers: (dir) => engine.headers(dir),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    open: async (request, process) => {
      const subject = await engine.open(request, process)
      const changed = hand(subject)
      return {
        facts: subject.facts,
        train: changed.train ?? ((probe) => subject.train(probe)),
        evaluate: changed.evaluate ?? ((probe) => subject.evaluate(probe)),
        data: (probe) => subject.data(probe),
        perturb: (probe) => subject.perturb(probe),
        schedule: (probe) => subject.schedule(probe),
        order: (probe) => subject.order(probe),
        survey: (probe) => subject.survey(probe),
        dependencies: () => subject.dependencies(),
        own: (probe) => subject.own(probe),
        state: (probe) => subject.state(probe),
        determinism: (probe) => subject.determinism(probe),
        persist: changed.persist ?? ((probe) => subject.persist(probe)),
        [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose](),
      }
    },
  })

/** Something happens to the folder after each save. */
export const afterSave = (spoil: (dir: string) => Promise<void>) =>
  withHand((subject) => ({
    persist: async (probe) => {
      const report = await subject.persist(probe)
      if (probe.op === 'save') await spoil(probe.dir)
      return report
    },
  }))

/** Values of a file's tensors replaced, or left out of the save as a fresh process would have them. */
export const spoilTensors =
  (file: string, spoil: (name: string, values: Float32Array) => Float32Array) =>
  async (dir: string): Promise<void> => {
    const at = path.join(dir, file)
    const { tensors } = await readSafetensors(at)
    await writeSafetensors(
      at,
      new Map(
        [...tensors].map(([name, { shape, data }]) => [
          name,
          { dtype: 'F32' as const, shape, data: spoil(name, Float32Array.from(data as Float32Array)) },
        ]),
      ),
      new Map([['format', 'pt']]),
    )
  }

/** A file without one of its tensors. */
export const leaveOut =
  (file: string, left: string) =>
  async (dir: string): Promise<void> => {
    const at = path.join(dir, file)
    const { tensors } = await readSafetensors(at)
    await writeSafetensors(at, new Map([...tensors].filter(([name]) => name !== left)), new Map([['format', 'pt']]))
  }

export const spoilState =
  (change: (state: Record<string, number>) => void) =>
  async (dir: string): Promise<void> => {
    const at = path.join(dir, 'state.json')
    const state = fromJson(await readFile(at, 'utf8')) as Record<string, number>
    change(state)
    await writeFile(at, toJson(state))
  }

export const removeFile = (file: string) => (dir: string) => rm(path.join(dir, file))

/** An evaluation whose loss is computed from real per-sample losses by another formula. */
export const withFormula = (formula: (losses: readonly number[], batch: number) => number) =>
  withHand((subject) => ({
    evaluate: async (probe = {}) => {
      const evaluation = await subject.evaluate({ ...probe, perSample: true })
      const batch = probe.batchSize ?? 50
      const loss = formula(lossesOf(evaluation), batch)
      const { perSample, ...rest } = evaluation
      return {
        ...rest,
        metrics: { ...evaluation.metrics, loss },
        ...(probe.perSample && perSample ? { perSample } : {}),
      }
    },
  }))

const lossesOf = ({ perSample }: Evaluation): number[] => {
  if (!perSample) throw new Error('no outputs')
  const floats = (base64: string) => {
    const bytes = Buffer.from(base64, 'base64')
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  }
  const logits = new Float32Array(floats(perSample.outputs.float32))
  const labels = new Int32Array(floats(perSample.targets.bytes))
  const width = logits.length / labels.length
  return Array.from(labels, (label, row) => {
    const z = [...logits.subarray(row * width, (row + 1) * width)]
    const top = Math.max(...z)
    return top + Math.log(z.reduce((sum, value) => sum + Math.exp(value - top), 0)) - (z[label] ?? 0)
  })
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

export const batches = (values: readonly number[], size: number): number[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, k) => values.slice(k * size, (k + 1) * size))
