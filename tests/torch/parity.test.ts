// One program on both engines, from the same first weights on the same samples: every check says the same of it, healthy and
// broken, and every probe's numbers agree where they mean the same. A new check must take its place in the list below.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRunFile } from '../../src/config/index.ts'
import {
  type Cause,
  type CheckCode,
  checkCode,
  type Finding,
  type FindingCode,
  type StepRecord,
  type TrainProbe,
} from '../../src/contract/index.ts'
import { engineFor, type Subject } from '../../src/engine/index.ts'
import { openRequest } from '../../src/plan/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'

const folder = path.join(import.meta.dirname, 'parity')
const engines = ['embedded', 'torch'] as const
type EngineName = (typeof engines)[number]
type Broken = { readonly bug: string; readonly cause: Cause }

/** What of each check can be broken on both engines, in a program whose step, evaluation and checkpoint are managed; or why nothing can. */
const walked: Readonly<
  Record<CheckCode, readonly Broken[] | 'not on both engines' | 'refused as it is read' | 'several ranks'>
> = {
  C1: 'refused as it is read',
  I1: [
    { bug: 'large', cause: 'initialisation-too-large' },
    { bug: 'sum', cause: 'sum-reduction' },
  ],
  O1: [
    { bug: 'dead', cause: 'loss-term-without-gradient' },
    { bug: 'detached', cause: 'parameter-without-gradient' },
  ],
  O2: 'not on both engines',
  I2: [{ bug: 'softmax', cause: 'double-softmax' }],
  I3: 'not on both engines',
  I4: 'not on both engines',
  C2: 'not on both engines',
  K3: 'not on both engines',
  K6: 'not on both engines',
  K7: 'not on both engines',
  S2: 'not on both engines',
  S3: 'not on both engines',
  T1: 'not on both engines',
  V6: 'not on both engines',
  V1: 'not on both engines',
  V5: 'not on both engines',
  V7: 'not on both engines',
  O3: 'not on both engines',
  M2: 'not on both engines',
  T2: 'not on both engines',
  T3: 'not on both engines',
  O10: 'not on both engines',
  O5: 'not on both engines',
  F1: 'not on both engines',
  O7: 'not on both engines',
  O6: 'not on both engines',
  M1: 'not on both engines',
  O9: 'not on both engines',
  O8: 'not on both engines',
  O4: [{ bug: 'softmax', cause: 'double-softmax' }],
  S1: [{ bug: 'unseeded', cause: 'unseeded-randomness' }],
  V2: [{ bug: 'mixes', cause: 'batch-dependent-outputs' }],
  V3: 'not on both engines',
  V4: 'not on both engines',
  K1: 'not on both engines',
  K2: 'not on both engines',
  K4: 'not on both engines',
  K5: 'not on both engines',
  D1: [{ bug: 'mixes', cause: 'batch-dependent-outputs' }],
  D2: 'not on both engines',
  D3: 'not on both engines',
  D4: 'not on both engines',
  D5: 'not on both engines',
  D6: 'not on both engines',
  D7: 'not on both engines',
  D8: 'not on both engines',
  D9: 'not on both engines',
  D10: 'not on both engines',
  P1: 'several ranks',
  P2: 'several ranks',
}

let scratch = ''
let weights = ''
const opened = new Map<EngineName, Subject>()

const open = async (engine: EngineName, config: Record<string, unknown> = {}): Promise<Subject> => {
  const { run, experiment, folder: at } = await readRunFile(path.join(folder, `${engine}.yaml`))
  return engineFor(experiment, run, { folder: at, log: null }).open(
    openRequest({
      run: { ...run, seed: 0, threads: 1 },
      config: { ...run.config, bug: 'none', weights: '', ...config },
      experiment,
    }),
  )
}

beforeAll(async () => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
  scratch = mkdtempSync(path.join(tmpdir(), 'gonogo-parity-'))
  const embedded = await open('embedded')
  await embedded.persist({ op: 'save', dir: scratch })
  weights = path.join(scratch, 'model.safetensors')
  opened.set('embedded', embedded)
  opened.set('torch', await open('torch', { weights }))
  for (const subject of opened.values()) await subject.state({ op: 'capture', slot: 'initial' })
})

afterAll(async () => {
  for (const subject of opened.values()) await subject[Symbol.asyncDispose]()
  rmSync(scratch, { recursive: true, force: true })
})

/** Both answers, from the first weights. */
const both = async <T>(ask: (subject: Subject) => Promise<T>): Promise<[T, T]> => {
  const answers: T[] = []
  for (const engine of engines) {
    const subject = opened.get(engine) as Subject
    await subject.state({ op: 'restore', slot: 'initial' })
    answers.push(await ask(subject))
  }
  return answers as [T, T]
}

const stepsOf = (probe: TrainProbe) => async (subject: Subject) => {
  const all: StepRecord[] = []
  for await (const group of subject.train(probe)) all.push(...group)
  return all
}

/** Every number of `left` that `right` has too, within 1e-4 of the larger; nothing else may be missing or different. */
const agree = (left: unknown, right: unknown, where = ''): void => {
  if (typeof left === 'number' && typeof right === 'number') {
    const off = Math.abs(left - right)
    expect(off, `${where}: ${left} against ${right}`).toBeLessThanOrEqual(
      1e-4 * Math.max(Math.abs(left), Math.abs(right)) + 1e-6,
    )
  } else if (Array.isArray(left) && Array.isArray(right)) {
    expect(right.length, where).toBe(left.length)
    for (const [i, item] of left.entries()) agree(item, right[i], `${where}[${i}]`)
  } else if (typeof left === 'object' && left !== null && typeof right === 'object' && right !== null) {
    expect(new Set(Object.keys(right)), where).toEqual(new Set(Object.keys(left)))
    const others = new Map(Object.entries(right))
    for (const [key, item] of Object.entries(left)) agree(item, others.get(key), `${where}.${key}`)
  } else expect(right, where).toEqual(left)
}

describe('probes', () => {
  const ids = Array.from({ length: 3 }, (_, step) => Array.from({ length: 12 }, (_, i) => 16 * step + i))

  test('observed steps: losses, gradients, changes, what the optimizer saw, the first step compared', async () => {
    const shown = (records: readonly StepRecord[]) =>
      records.map(({ step, loss, terms, updates, samples, parameters, againstFirst, nonFinite, trace }) => ({
        step,
        loss,
        terms,
        updates: updates.map(({ outcome, learningRates, gradientNorm, clippedNorm }) => ({
          outcome,
          learningRates,
          gradientNorm,
          clippedNorm,
        })),
        ids: samples.ids,
        // before batch norm a bias has rounding for a gradient, which no two engines share
        parameters: Object.fromEntries(Object.entries(parameters ?? {}).filter(([name]) => name !== 'hidden.bias')),
        againstFirst,
        nonFinite,
        // which rows happen to be equal in gradients is rounding's business where a unit is dead
        trace: trace && { terms: sorted(trace.terms), loss: [...(trace.loss ?? [])].sort(), strays: trace.strays },
      }))
    const sorted = (terms: Record<string, string[] | null>) =>
      Object.fromEntries(Object.entries(terms).map(([name, reached]) => [name, reached && [...reached].sort()]))
    const [left, right] = await both(stepsOf({ steps: 1, batch: { ids }, observe: true, trace: true, ids: true }))
    agree(shown(left), shown(right))
    const rates = { steps: 3, batch: { ids }, learningRateFactor: 2 } as const
    const [one, other] = await both(stepsOf(rates))
    agree(
      one.map(({ loss }) => loss),
      other.map(({ loss }) => loss),
    )
    const weightsOf = (records: readonly StepRecord[]) =>
      Object.entries(records[0]?.trace?.symmetry ?? {}).map(([name, { weights }]) => [name, weights] as const)
    expect(new Map(weightsOf(right))).toEqual(new Map(weightsOf(left)))
  })

  test('suppressed updates and changed batches', async () => {
    for (const corrupt of [
      { kind: 'labelsShuffled', seed: 7 },
      { kind: 'inputsZeroed' },
      { kind: 'inputPerturbed', sample: 3, seed: 2 },
    ] as const) {
      const probe = { steps: 2, batch: { ids }, corrupt, updates: 'suppressed', observe: true } as const
      const [left, right] = await both(stepsOf(probe))
      agree(
        left.map(({ loss }) => loss),
        right.map(({ loss }) => loss),
        corrupt.kind,
      )
      expect(right.map(({ updates }) => updates[0]?.outcome)).toEqual(left.map(({ updates }) => updates[0]?.outcome))
    }
  })

  test.each([
    {},
    { order: 'reversed' },
    { order: { shuffled: 4 }, predictions: 'shuffled', modes: true },
    { corrupt: { kind: 'inputsZeroed' } },
    { batchSize: 7, limit: 30 },
  ] as const)('evaluation %j', async (probe) => {
    const [left, right] = await both((subject) =>
      subject.evaluate({ ...probe, ...(`predictions` in probe ? {} : { perSample: true }) }),
    )
    const floats = (found: typeof left) => {
      const bytes = Buffer.from(found.perSample?.outputs.float32 ?? '', 'base64')
      return [...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))]
    }
    agree(floats(left), floats(right), 'outputs')
    // what draws inside the model is seen on PyTorch alone
    const plain = ({ seconds: _, perSample: __, replaced: ___, noise: ____, metrics, ...rest }: typeof left) => ({
      ...rest,
      metrics: 'predictions' in probe ? {} : metrics,
    })
    agree(plain(left), plain(right))
  })

  test('perturbations, surveys, orders, schedules, digests of samples', async () => {
    agree(...(await both((subject) => subject.perturb({ samples: 6, sample: 2, seed: 5 }))))
    const surveyed = await both((subject) => subject.survey({ limit: 60 }))
    agree(
      // turned pictures, a target among the inputs and rows that reading changes are looked for on PyTorch alone, codes that training never has on `embedded`
      ...(surveyed.map(({ fields, answer: _, places: __, spoilt: ___, unseen: ____, ...rest }) => ({
        ...rest,
        shares: fields.map(({ zero, ignored, nonFinite }) => [zero, ignored, nonFinite]),
      })) as [unknown, unknown]),
    )
    // each engine shuffles in its own way; that an epoch holds each sample once is the same
    const orders = await both((subject) => subject.order({ ids: 0 }))
    agree(...(orders.map((epochs) => epochs.map(({ digest: _, ...rest }) => rest)) as [unknown, unknown]))
    const told = await both((subject) => subject.schedule({ points: 20 }))
    agree(
      ...(told.map(({ steps, points, doubt }) => ({
        steps,
        doubt,
        points: points.map(({ step, rates }) => [step, ...Object.values(rates)]),
      })) as [unknown, unknown]),
    )
    const samples = await both((subject) => subject.data({ limit: 20 }))
    agree(...(samples.map((all) => all.map(({ hash: _, ...rest }) => rest)) as [unknown, unknown]))
  })
})

const polled = (engine: EngineName, bug: string, only?: readonly CheckCode[]): Promise<Finding[]> =>
  findingsOf(path.join(folder, `${engine}.yaml`), {
    config: { bug, weights: engine === 'torch' ? weights : '' },
    ...(only ? { only } : {}),
  })

describe('checks', () => {
  test('every check is walked', () => {
    expect(new Set(Object.keys(walked))).toEqual(new Set(checkCode.options))
  })

  test('healthy: the same status of each on both', async () => {
    const [left, right] = [await polled('embedded', 'none'), await polled('torch', 'none')]
    // one key is read by one engine alone; embedded replaces no predictions beside a loss of one's own
    const apart: readonly FindingCode[] = ['C2', 'K6', 'V7']
    const statuses = (found: readonly Finding[]) =>
      found.flatMap(({ check, status }) => (apart.includes(check) ? [] : [`${check} ${status}`])).sort()
    expect(statuses(right), summary(right)).toEqual(statuses(left))
    expect(
      left.filter(({ check, status }) => !apart.includes(check) && status !== 'GO' && status !== 'SKIPPED'),
      summary(left),
    ).toEqual([])
  })

  const broken = Object.entries(walked).flatMap(([check, twins]) =>
    typeof twins === 'string' ? [] : twins.map((twin) => ({ check: check as CheckCode, ...twin })),
  )
  test.each(broken)('$check, $bug: $cause on both', async ({ check, bug, cause }) => {
    for (const engine of engines) {
      const found = await polled(engine, bug, [check])
      expect(findingOf(found, check), `${engine}: ${summary(found)}`).toMatchObject({ status: 'NO-GO', cause })
    }
  })
})
