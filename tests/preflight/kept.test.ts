// The checks of what is kept and what decides: checkpoints apart, the best again, the whole validation set, other seeds, patience.

import { cp } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type Cause, type CheckCode, type Evaluation, GonogoError } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/index.ts'
import { afterSave, spoilTensors, withHand } from './faulty.ts'
import { type Changes, findingOf, findingsOf, seeds, summary } from './polled.ts'

const file = 'forward/forward.run.yaml'

const sayOf = async (check: CheckCode, changes: Changes) => {
  const found = await findingsOf(file, { only: [check], ...changes })
  const { status, cause, title, seen } = findingOf(found, check)
  return { status, cause, title, seen, summary: summary(found) }
}
const no = (cause: Cause) => ({ status: 'NO-GO', cause })

test('healthy, on several seeds: checkpoints apart, the best again, another seed another run', async () => {
  for (const seed of seeds) {
    const found = await findingsOf(file, { seed, only: ['K3', 'K6', 'K7', 'S1', 'S2', 'S3', 'T1', 'V6'] })
    expect(
      found.filter(({ status }) => status !== 'GO').map(({ check }) => check),
      summary(found),
    ).toEqual([])
  }
}, 120_000)

test('K3: a save that writes into the checkpoint before it', async () => {
  let before: string | null = null
  const engine = afterSave(async (dir) => {
    if (before) await cp(path.join(dir, 'model.safetensors'), path.join(before, 'model.safetensors'))
    before ??= dir
  })
  expect(await sayOf('K3', { engine })).toMatchObject(no('checkpoints-share-a-file'))
}, 60_000)

test('K7: a checkpoint of other weights than were scored; an objective that nobody reports', async () => {
  const engine = afterSave(spoilTensors('model.safetensors', (_, values) => values.map((one) => 1.5 * one + 0.1)))
  expect(await sayOf('K7', { engine })).toMatchObject(no('best-not-reproduced'))
  const silent = withHand((subject) => ({
    evaluate: async (probe = {}) => {
      const found = await subject.evaluate(probe)
      return { ...found, metrics: { loss: found.metrics.loss ?? 0 } }
    },
  }))
  expect(await sayOf('K7', { engine: silent })).toMatchObject(no('objective-not-reported'))
}, 60_000)

/** What becomes of an evaluation beyond the samples that other checks look at. */
const beyond = (change: (evaluation: Evaluation) => Evaluation, slow = false) =>
  withHand((subject) => ({
    evaluate: async (probe = {}) => {
      const found = await subject.evaluate(probe)
      const seconds = slow ? found.samples / 100 : found.seconds
      return probe.whole || probe.ids ? change(found) : { ...found, seconds }
    },
  }))

test('V6: what goes wrong only beyond the first thousand samples', async () => {
  const config = { val_samples: 1501 }
  const whole = await sayOf('V6', { config })
  expect(whole, whole.summary).toMatchObject({ status: 'GO', title: expect.stringContaining('all 1501') })
  const crash = beyond(() => {
    throw new GonogoError('EXPERIMENT_ERROR', 'list index out of range')
  })
  expect(await sayOf('V6', { config, engine: crash })).toMatchObject(no('evaluation-crashed'))
  const nan = beyond((one) => ({ ...one, metrics: { ...one.metrics, accuracy: Number.NaN } }))
  expect(await sayOf('V6', { config, engine: nan })).toMatchObject(no('metric-not-finite'))
  const other = beyond((one) => ({ ...one, metrics: { ...one.metrics, loss: Number.NaN } }))
  expect(await sayOf('V6', { config, engine: other })).toMatchObject({ status: 'WARN', cause: 'metric-not-finite' })
  const fewer = beyond((one) => ({ ...one, samples: one.samples - 1 }))
  expect(await sayOf('V6', { config, engine: fewer })).toMatchObject(no('samples-left-out'))
}, 90_000)

test('V6: where the whole set takes too long, its first and last batch and some of each class', async () => {
  const asked: (readonly number[])[] = []
  const engine = withHand((subject) => ({
    evaluate: async (probe = {}) => {
      if (probe.ids) asked.push(probe.ids)
      const found = await subject.evaluate(probe)
      return { ...found, seconds: found.samples / 50 }
    },
  }))
  // 50 samples a second, 15 s at most: 750 of 4013
  const found = await sayOf('V6', { config: { val_samples: 4013 }, engine })
  expect(found, found.summary).toMatchObject({ status: 'GO', title: expect.stringContaining('the last batch of 13') })
  const [ids = []] = asked
  expect(ids.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(ids.slice(-13)).toEqual(Array.from({ length: 13 }, (_, i) => 4000 + i))
  expect(ids.length % 50).toBe(13)
  expect(ids.length).toBeLessThanOrEqual(750)
  expect(new Set(ids).size).toBe(ids.length)
}, 60_000)

test('K6: a score that is the best so far, and one that is averaged over evaluations', async () => {
  const remembering = (of: (before: readonly number[], now: number) => number) => {
    const before: number[] = []
    return withHand((subject) => ({
      evaluate: async (probe = {}) => {
        const found = await subject.evaluate(probe)
        before.push(found.metrics.accuracy ?? 0)
        return { ...found, metrics: { ...found.metrics, accuracy: of(before, before.at(-1) ?? 0) } }
      },
    }))
  }
  const best = remembering((before) => Math.max(...before))
  expect(await sayOf('K6', { engine: best })).toMatchObject(no('best-is-latest'))
  const mean = remembering((before) => before.reduce((a, b) => a + b, 0) / before.length)
  expect(await sayOf('K6', { engine: mean })).toMatchObject(no('metric-never-reset'))
  expect(await sayOf('K6', { engine: remembering((_, now) => now) })).toMatchObject({ status: 'GO' })
}, 60_000)

test('S2: a seed that the experiment ignores', async () => {
  const deaf = (engine: Engine): Engine => ({
    ...engine,
    open: (request, process) => engine.open({ ...request, seed: 7 }, process),
  })
  expect(await sayOf('S2', { engine: deaf })).toMatchObject({ status: 'WARN', cause: 'seed-has-no-effect' })
}, 60_000)

test('T1: a patience that nothing can meet stops every run', async () => {
  const patience = (min_delta: number, mode: 'advise' | 'stop' = 'stop') => ({
    run: ((run) => ({
      ...run,
      stop: { ...run.stop, mode, patience: { evaluations: 3, min_delta } },
    })) as Changes['run'],
  })
  const of = (changes: { run: Changes['run'] }) => sayOf('T1', changes.run ? { run: changes.run } : {})
  expect(await of(patience(0.95))).toMatchObject(no('patience-cannot-be-met'))
  expect(await of(patience(0.95, 'advise'))).toMatchObject({ status: 'WARN', cause: 'patience-cannot-be-met' })
  expect(await of(patience(0.001))).toMatchObject({ status: 'GO' })
}, 60_000)
