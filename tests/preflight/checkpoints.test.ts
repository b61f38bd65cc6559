// Planted bugs in save, load and evaluate: a real subject with a faulty hand on it. Each is a NO-GO that names its cause.
import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Cause, CheckCode } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/index.ts'
import { afterSave, batches, mean, removeFile, spoilState, spoilTensors, withFormula, withHand } from './faulty.ts'
import { findingOf, findingsOf, summary } from './polled.ts'

type Planted = readonly [name: string, checks: readonly CheckCode[], cause: Cause, engine: (engine: Engine) => Engine]

const fresh = (_: string, values: Float32Array) => values.fill(0)
const report = { files: [], missing: [], unexpected: [], misshaped: [] }

/** The first so many samples, however many are asked for. */
const evaluatesOnly = (most: number) =>
  withHand((subject) => ({
    evaluate: (probe) => subject.evaluate({ ...probe, limit: Math.min(probe?.limit ?? most, most) }),
  }))

const lost: readonly Planted[] = [
  [
    'optimizer not saved',
    ['K1', 'K2'],
    'optimizer-not-restored',
    afterSave(spoilTensors('training.safetensors', fresh)),
  ],
  [
    'weights not saved',
    ['K1', 'K2', 'K4'],
    'weights-not-restored',
    afterSave(spoilTensors('model.safetensors', (name, values) => (name === 'weight' ? values.fill(0.01) : values))),
  ],
  [
    'running statistics not saved',
    ['K1', 'K2', 'K4'],
    'buffers-not-restored',
    afterSave(
      spoilTensors('model.safetensors', (name, values) => (name.includes('running') ? values.fill(0.5) : values)),
    ),
  ],
  [
    'data position lost',
    ['K1'],
    'data-position-lost',
    afterSave(
      spoilState((state) => {
        state.batch = 0
      }),
    ),
  ],
  [
    'step counter off by one',
    ['K1', 'K2'],
    'counter-off',
    afterSave(
      spoilState((state) => {
        state.step = Number(state.step) + 1
      }),
    ),
  ],
  [
    'seeded again after the load',
    ['K1'],
    'rng-not-restored',
    afterSave(
      spoilState((state) => {
        state.seed = 999
      }),
    ),
  ],
  [
    'load does nothing',
    ['K1', 'K2', 'K4'],
    'weights-not-restored',
    withHand((subject) => ({ persist: async (probe) => (probe.op === 'load' ? report : subject.persist(probe)) })),
  ],
  [
    'the snapshot is the live state',
    ['K2'],
    'snapshot-aliases-live-state',
    // written after the save has returned, from whatever the state is by then
    withHand((subject) => {
      const pending = new Set<string>()
      return {
        persist: async (probe) => {
          if (probe.op === 'save') pending.add(probe.dir)
          else if (pending.delete(probe.dir)) await subject.persist({ op: 'save', dir: probe.dir })
          return subject.persist(probe)
        },
      }
    }),
  ],
  [
    'saving changes the weights',
    ['K2'],
    'save-changes-state',
    withHand((subject) => ({
      persist: async (probe) => {
        const saved = await subject.persist(probe)
        if (probe.op === 'save') await subject.state({ op: 'scramble', section: 'parameters' })
        return saved
      },
    })),
  ],
  [
    'save crashes',
    ['K1', 'K2', 'K4', 'K5'],
    'save-crashed',
    withHand((subject) => ({
      persist: async (probe) => {
        if (probe.op === 'save') await rm(probe.dir, { recursive: true })
        return subject.persist(probe)
      },
    })),
  ],
  [
    'load crashes on names of another model',
    ['K1', 'K2', 'K4'],
    'load-crashed',
    afterSave(removeFile('training.safetensors')),
  ],
  ['weights in no file', ['K5'], 'weights-unreadable', afterSave(removeFile('model.safetensors'))],
]

test.each(lost)(
  '%s',
  async (_, checks, cause, engine) => {
    for (const check of checks) {
      const found = await findingsOf('tiny/tiny.run.yaml', { engine, only: [check] })
      const finding = findingOf(found, check)
      expect(finding, summary(found)).toMatchObject({ status: 'NO-GO', cause })
      expect(finding.seen).not.toBeNull()
    }
  },
  120_000,
)

test('K1 names the step at which a lost optimizer shows, and folds what says the same', async () => {
  const engine = afterSave(spoilTensors('training.safetensors', fresh))
  const found = await findingsOf('tiny/tiny.run.yaml', { engine, only: ['S1', 'K1', 'K2', 'K4'] })
  const k1 = findingOf(found, 'K1')
  expect(k1, summary(found)).toMatchObject({ status: 'NO-GO', cause: 'optimizer-not-restored', folded: ['K2'] })
  // the step after the load still uses the right weights: the first loss is equal, the second is not
  expect(k1.evidence.step).toBe(Number(k1.evidence.savedAtStep) + 2)
  expect(findingOf(found, 'K2')).toMatchObject({ status: 'SKIPPED', cause: null })
  expect(findingOf(found, 'K4').status).toBe('GO')
}, 60_000)

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

const evaluations: readonly Planted[] = [
  [
    'mean of batch means',
    ['V2', 'V4'],
    'mean-of-batch-means',
    withFormula((losses, size) => mean(batches(losses, size).map(mean))),
  ],
  [
    'divided by the nominal batch size',
    ['V2', 'V4'],
    'wrong-divisor',
    withFormula((losses, size) => sum(losses) / (Math.ceil(losses.length / size) * size)),
  ],
  [
    'last batch dropped',
    ['V2', 'V4'],
    'samples-left-out',
    withFormula((losses, size) => mean(losses.slice(0, Math.floor(losses.length / size) * size || losses.length))),
  ],
  [
    'last batch filled up',
    ['V4'],
    'samples-counted-twice',
    withFormula((losses, size) => {
      const padded = [...losses]
      while (padded.length % size !== 0) padded.push(losses[padded.length - losses.length] ?? 0)
      return mean(padded)
    }),
  ],
  ['another loss altogether', ['V4'], 'loss-wrong', withFormula((losses) => 1.5 * mean(losses))],
  [
    'an accuracy of its own',
    ['V4'],
    'metric-wrong',
    withHand((subject) => ({
      evaluate: async (probe) => {
        const evaluation = await subject.evaluate(probe)
        return { ...evaluation, metrics: { ...evaluation.metrics, accuracy: (evaluation.metrics.accuracy ?? 0) * 0.9 } }
      },
    })),
  ],
  ['samples never evaluated', ['V4'], 'samples-left-out', evaluatesOnly(200)],
  [
    'evaluation trains',
    ['V3'],
    'evaluation-changes-parameters',
    withHand((subject) => ({
      evaluate: async (probe) => {
        for await (const _ of subject.train({ steps: 1, batch: { frozen: 4 } })) {
          // a step nobody asked for
        }
        return subject.evaluate(probe)
      },
    })),
  ],
  [
    'evaluation moves running statistics',
    ['V3'],
    'evaluation-changes-buffers',
    withHand((subject) => ({
      evaluate: async (probe) => {
        await subject.state({ op: 'scramble', section: 'buffers' })
        return subject.evaluate(probe)
      },
    })),
  ],
  [
    'evaluation moves the data position',
    ['V3'],
    'evaluation-changes-progress',
    withHand((subject) => ({
      evaluate: async (probe) => {
        await subject.state({ op: 'scramble', section: 'position' })
        return subject.evaluate(probe)
      },
    })),
  ],
]

test.each(evaluations)(
  '%s',
  async (_, checks, cause, engine) => {
    for (const check of checks) {
      const found = await findingsOf('tiny/tiny.run.yaml', { engine, only: [check] })
      expect(findingOf(found, check), summary(found)).toMatchObject({ status: 'NO-GO', cause })
    }
  },
  120_000,
)

test('an evaluation that ends whole batches early may be meant: V4 warns', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', { engine: evaluatesOnly(150), only: ['V4'] })
  expect(findingOf(found, 'V4'), summary(found)).toMatchObject({ status: 'WARN', cause: 'samples-left-out' })
})

test('evaluation that draws from the generators of training only warns', async () => {
  const engine = withHand((subject) => ({
    evaluate: async (probe) => {
      const evaluation = await subject.evaluate(probe)
      await subject.state({ op: 'scramble', section: 'rng' })
      return evaluation
    },
  }))
  const found = await findingsOf('tiny/tiny.run.yaml', { engine, only: ['V3'] })
  expect(findingOf(found, 'V3'), summary(found)).toMatchObject({ status: 'WARN', cause: 'evaluation-consumes-rng' })
}, 60_000)

test('a save that draws from the generators of training warns, and is not taken for an unseeded run', async () => {
  const engine = withHand((subject) => ({
    persist: async (probe) => {
      const report = await subject.persist(probe)
      if (probe.op === 'save') await subject.state({ op: 'scramble', section: 'rng' })
      return report
    },
  }))
  const found = await findingsOf('tiny/tiny.run.yaml', { engine, only: ['S1', 'K1', 'K2'] })
  expect(findingOf(found, 'S1').status, summary(found)).toBe('GO')
  expect(findingOf(found, 'K1').status, summary(found)).toBe('GO')
  expect(findingOf(found, 'K2'), summary(found)).toMatchObject({ status: 'WARN', cause: 'save-changes-state' })
}, 60_000)

test('a device that rounds differently each time warns in S1, and K1 accepts its spread', async () => {
  const engine = withHand((subject) => ({
    async *train(probe) {
      // the order of a sum on such a device: the last bits of a loss differ
      for await (const group of subject.train(probe))
        yield group.map((record) => ({ ...record, loss: Math.fround(record.loss * (1 + 2e-7 * Math.random())) }))
    },
  }))
  const found = await findingsOf('tiny/tiny.run.yaml', { engine, only: ['S1', 'K1', 'V3'] })
  expect(findingOf(found, 'S1'), summary(found)).toMatchObject({ status: 'WARN', cause: 'nondeterministic-kernel' })
  expect(findingOf(found, 'K1').status).toBe('GO')
  expect(findingOf(found, 'V3').status).toBe('GO')
}, 60_000)
