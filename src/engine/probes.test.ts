// The closer looks on the embedded engine: each number against one computed another way, or against a change that it must show.
import { afterEach, describe, expect, it } from 'vitest'
import type { OpenRequest, StepRecord, TrainProbe } from '../contract/index.ts'
import { shuffledOrder } from '../contract/index.ts'
import type { Subject } from './engine.ts'
import { experimentText, requestFor, writeExperiment } from './experiment.fixture.ts'
import { engineFor } from './index.ts'

const open: Subject[] = []
afterEach(async () => {
  for (const subject of open.splice(0)) await subject[Symbol.asyncDispose]()
})

const opened = async (text = experimentText(), changed: Partial<OpenRequest> = {}): Promise<Subject> => {
  const path = writeExperiment(text)
  const subject = await engineFor(path, { engine: { embedded: {} } }, { folder: '/', log: null }).open(
    requestFor(path, changed),
  )
  open.push(subject)
  await subject.state({ op: 'capture', slot: 'initial' })
  return subject
}

const stepsOf = async (subject: Subject, probe: TrainProbe): Promise<StepRecord[]> => {
  const all: StepRecord[] = []
  for await (const records of subject.train(probe)) all.push(...records)
  return all
}

const one = async (subject: Subject, probe: Omit<TrainProbe, 'steps'>): Promise<StepRecord> => {
  await subject.state({ op: 'restore', slot: 'initial' })
  const [record] = await stepsOf(subject, { steps: 1, ...probe })
  if (!record) throw new Error('no record')
  return record
}

describe('an observed step', () => {
  it('descends along its gradient, and clipping shortens what the optimizer sees', async () => {
    const plain = await opened(experimentText({ optimizer: 'optimizer: () => optim.sgd({ learningRate: 0.1 }),' }))
    const clipped = await opened(experimentText({ optimizer: 'optimizer: () => optim.sgd({ learningRate: 0.1 }),' }), {
      clipNorm: 0.01,
    })
    const free = await one(plain, { observe: true })
    const short = await one(clipped, { observe: true })
    for (const [name, { gradient, clipped, descent, change }] of Object.entries(free.parameters ?? {})) {
      expect(clipped, name).toBe(gradient)
      // plain SGD: Δθ = −0.1 g
      expect(descent, name).toBeCloseTo(-0.1 * (gradient ?? 0) ** 2, 5)
      expect(change, name).toBeCloseTo(0.1 * (gradient ?? 0), 5)
    }
    const [before, after] = [free.updates[0], short.updates[0]]
    expect(after?.gradientNorm).toBeCloseTo(before?.gradientNorm ?? 0, 5)
    expect(after?.clippedNorm).toBeCloseTo(0.01, 5)
    expect(before?.clippedNorm).toBe(before?.gradientNorm)
    expect(short.nonFinite).toEqual({ gradients: 0, optimizer: 0 })
  })

  it('on one batch at rate 0 without noise repeats its gradient; a suppressed update changes nothing at any rate', async () => {
    const subject = await opened()
    const still = { batch: { frozen: 8 }, observe: true, regularisation: false } as const
    const held = await stepsOf(subject, { steps: 3, learningRate: 0, ...still })
    expect(held.map(({ againstFirst }) => [againstFirst?.ratio, againstFirst?.cosine])).toEqual(
      Array.from({ length: 3 }, () => [expect.closeTo(1, 5), expect.closeTo(1, 5)]),
    )
    await subject.state({ op: 'restore', slot: 'initial' })
    const moved = await stepsOf(subject, { steps: 3, learningRate: 0.5, ...still })
    expect(moved[2]?.againstFirst?.ratio).not.toBeCloseTo(1, 2)
    await subject.state({ op: 'restore', slot: 'initial' })
    const [before] = (await subject.state({ op: 'digest' })).sections
    const suppressed = await stepsOf(subject, { steps: 3, learningRate: 0.5, updates: 'suppressed', ...still })
    expect((await subject.state({ op: 'digest' })).sections[0]).toEqual(before)
    expect(suppressed[0]?.loss).toBe(held[0]?.loss)
    expect(suppressed.map(({ updates }) => updates[0]?.outcome)).toEqual(['skipped', 'skipped', 'skipped'])
  })

  it('traces which parameters a term reaches, and rows that are equal', async () => {
    const subject = await opened(
      experimentText({
        model: `model: () => nn.module(
          { fc: nn.linear(4, 5), twins: nn.param([3, 5], { init: init.ones() }) },
          (m, x: Tensor<2>) => nn.relu(m.fc(x)).matmul(m.twins.transpose(0, 1))),
          loss: (model, batch: any) => ({ fit: loss.crossEntropy(model(batch.input), batch.label), dead: model(batch.input).detach().square().mean() }),`,
        head: `import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { init, loss, nn, optim, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
`,
      }),
    )
    const { trace } = await one(subject, { observe: true, trace: true })
    expect(trace?.terms).toEqual({ fit: ['fc.weight', 'fc.bias', 'twins'], dead: [] })
    expect(trace?.loss).toEqual(['fc.weight', 'fc.bias', 'twins'])
    expect(trace?.symmetry.twins?.weights).toEqual({
      rows: 3,
      distinctRows: 1,
      columns: 5,
      distinctColumns: 1,
      zero: false,
    })
    expect(trace?.symmetry['fc.weight']?.weights).toMatchObject({ distinctRows: 5, distinctColumns: 4 })
    expect(trace?.symmetry.twins?.gradients?.distinctRows).toBe(3)
  })
})

describe('chosen and changed batches', () => {
  it('train on the ids that an earlier probe reported, and take the same step', async () => {
    const subject = await opened()
    const live = await stepsOf(subject, { steps: 3, ids: true })
    await subject.state({ op: 'restore', slot: 'initial' })
    const ids = live.map(({ samples }) => samples.ids ?? [])
    const again = await stepsOf(subject, { steps: 3, batch: { ids } })
    expect(again.map(({ loss }) => loss)).toEqual(live.map(({ loss }) => loss))
    expect((await subject.state({ op: 'digest', detail: true })).sections[4]?.entries[1]?.digest).toBe('0')
    await expect(stepsOf(subject, { steps: 1, batch: { ids: [[50]] } })).rejects.toMatchObject({
      code: 'SAMPLE_UNKNOWN',
    })
  })

  it('labels shuffled change the loss, inputs zeroed another way, and a seed repeats it', async () => {
    const subject = await opened()
    const plain = await one(subject, { batch: { frozen: 8 } })
    const shuffled = await one(subject, { batch: { frozen: 8 }, corrupt: { kind: 'labelsShuffled', seed: 3 } })
    const again = await one(subject, { batch: { frozen: 8 }, corrupt: { kind: 'labelsShuffled', seed: 3 } })
    const zeroed = await one(subject, { batch: { frozen: 8 }, corrupt: { kind: 'inputsZeroed' } })
    expect(again.loss).toBe(shuffled.loss)
    expect(new Set([plain.loss, shuffled.loss, zeroed.loss]).size).toBe(3)
    expect(shuffledOrder(8, 3)).not.toEqual(shuffledOrder(8, 4))
    expect([...shuffledOrder(8, 3)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('a learning-rate factor multiplies what the schedule gives', async () => {
    const subject = await opened()
    const plain = await one(subject, {})
    const ten = await one(subject, { learningRateFactor: 10 })
    expect(ten.updates[0]?.learningRates[0]).toBeCloseTo(10 * (plain.updates[0]?.learningRates[0] ?? 0), 8)
  })
})

describe('an evaluation', () => {
  it('comes in any order, with the same metrics and the outputs in that order', async () => {
    const subject = await opened()
    const given = await subject.evaluate({ perSample: true })
    const reversed = await subject.evaluate({ perSample: true, order: 'reversed' })
    const shuffled = await subject.evaluate({ perSample: true, order: { shuffled: 5 } })
    expect(reversed.metrics.loss).toBeCloseTo(given.metrics.loss ?? 0, 6)
    const labels = (found: typeof given) => [
      ...new Int32Array(new Uint8Array(Buffer.from(found.perSample?.targets.bytes ?? '', 'base64')).buffer),
    ]
    expect(labels(reversed)).toEqual(labels(given).reverse())
    expect(labels(shuffled)).toEqual(shuffledOrder(21, 5).map((i) => labels(given)[i]))
  })

  it('of perfect, constant and shuffled predictions gives the right extremes', async () => {
    const subject = await opened()
    const metrics = async (predictions: 'perfect' | 'constant' | 'shuffled') => {
      const found = await subject.evaluate({ predictions, order: { shuffled: 1 }, modes: true })
      expect(found).toMatchObject({ replaced: 'yes', training: [] })
      return found.metrics
    }
    expect(await metrics('perfect')).toMatchObject({ accuracy: 1, loss: expect.closeTo(0, 6) })
    expect((await metrics('constant')).accuracy).toBeCloseTo(7 / 21, 6)
    expect((await metrics('shuffled')).accuracy).toBeLessThan(0.8)
  })
})

describe('looks that train nothing', () => {
  it('a perturbed input reaches its own output alone; a model that mixes the batch shows it', async () => {
    const apart = await (await opened()).perturb({ samples: 6, sample: 2 })
    expect(apart.change.map((change) => change > 0)).toEqual([false, false, true, false, false, false])
    expect(apart).toMatchObject({ changed: 4, noise: [0, 0, 0, 0, 0, 0] })
    const mixing = await opened(
      experimentText({
        model: `model: (c) => nn.module({ fc: nn.linear(4, 3) }, (m, x: Tensor<2>) => m.fc(x.sub(x.mean(0)))),`,
      }),
    )
    expect((await mixing.perturb({ samples: 6, sample: 2 })).change.every((change) => change > 0)).toBe(true)
  })

  it('tells the rates that steps then have', async () => {
    const subject = await opened(
      experimentText({
        optimizer: 'optimizer: () => optim.sgd({ learningRate: schedule.cosine({ peak: 0.1, warmup: 0.2 }) }),',
        head: `import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
`,
      }),
    )
    const told = await subject.schedule()
    const lived = await stepsOf(subject, { steps: 28 })
    expect(told.steps).toBe(28)
    expect(told.points.map(({ rates }) => rates.main)).toEqual(
      lived.map(({ updates }) => updates[0]?.learningRates.map((rate) => expect.closeTo(rate, 10))),
    )
    expect(told.extremes.main).toMatchObject({ max: expect.closeTo(0.1, 12), maxStep: 6, zeroSteps: 0, minStep: 28 })
  })

  it('tells each epoch’s order: every sample once, in another order, as training then takes them', async () => {
    const subject = await opened()
    const [first, second] = await subject.order()
    expect(first).toMatchObject({ samples: 50, distinct: 50, available: 50, missing: [], batches: 7, smallestBatch: 2 })
    expect(first?.digest).not.toBe(second?.digest)
    const records = await stepsOf(subject, { steps: 14, ids: true })
    expect(records.flatMap(({ samples }) => samples.ids)).toEqual([...(first?.ids ?? []), ...(second?.ids ?? [])])
    const passes = await subject.data({ passes: { epochs: 2, batches: 1 } })
    expect(passes.map(({ id }) => id)).toEqual([...(first?.ids.slice(0, 8) ?? []), ...(second?.ids.slice(0, 8) ?? [])])
    expect(passes.at(-1)).toMatchObject({ epoch: 2, batch: 1, worker: null })
  })

  it('surveys channels and fields', async () => {
    const subject = await opened()
    const found = await subject.survey({ split: 'train', limit: 50 })
    const samples = await subject.data({ split: 'train' })
    expect(found.channels).toHaveLength(4)
    const mean = samples.reduce((sum, sample) => sum + sample.mean, 0) / 50
    expect(found.channels.reduce((sum, channel) => sum + channel.mean, 0) / 4).toBeCloseTo(mean, 5)
    const zeros = samples.filter(({ target }) => target === 0).length / 50
    expect(found.fields.find(({ name }) => name === 'label')?.zero).toBeCloseTo(zeros, 6)
    expect(found).toMatchObject({ tried: 8, changing: 0 })
    expect(subject.facts.modules).toEqual([
      { name: 'norm', kind: 'batchNorm', traits: ['couplesBatch'] },
      { name: 'drop', kind: 'dropout', traits: ['drawsNoise'] },
    ])
  })
})
