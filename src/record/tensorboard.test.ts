// TensorBoard files, byte by byte, without TensorBoard. That the real one reads them is tested in tests/torch/.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { faultyDisk } from '../checkpoint/faultyDisk.ts'
import type { StepRecord } from '../contract/index.ts'
import { openTensorboard } from './tensorboard.ts'
import { frame, scalarsEvent, versionEvent } from './tfEvent.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-tensorboard-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('bytes as TensorFlow writes them', () => {
  // tf.io.TFRecordWriter().write(b'hello') and the serialized protos of tensorboard 2.21.0.
  expect(frame(Buffer.from('hello')).toString('hex')).toBe('0500000000000000eab2043e68656c6c6fbb1f1c19')
  expect(versionEvent(1.5).toString('hex')).toBe('09000000000000f83f1a0d627261696e2e4576656e743a32')
  expect(
    scalarsEvent(
      1.5,
      300,
      new Map([
        ['a', 0.5],
        ['b/c', Number.NaN],
      ]),
    ).toString('hex'),
  ).toBe('09000000000000f83f10ac022a160a080a0161150000003f0a0a0a03622f63150000c07f')
})

const record = (step: number, more: Partial<StepRecord> = {}): StepRecord => ({
  step,
  epoch: 1,
  loss: 0.5,
  terms: { loss: 0.5 },
  updates: [{ optimizer: 'adamw', outcome: 'applied', learningRates: [1e-3], gradientNorm: null }],
  samples: { count: 1, digest: '' },
  seconds: 0,
  wait: 0,
  ...more,
})
const tagsOf = (path: string) =>
  new Set(
    readFileSync(path)
      .toString('latin1')
      .match(/(?:train|val|test)\/[a-z_0-9/]*[a-z0-9]/g),
  )

test('tags: the loss and its terms, rates by optimizer and group, metrics by split', async () => {
  const board = await openTensorboard(join(root, 'tb'))
  board.add({ type: 'steps', records: [record(1)] })
  await board.flush()
  expect(tagsOf(board.path)).toEqual(new Set(['train/loss', 'train/learning_rate']))
  const updates = ['g', 'd'].map((optimizer) => ({
    optimizer,
    outcome: 'applied' as const,
    learningRates: [1, 2],
    gradientNorm: 3,
  }))
  board.add({ type: 'steps', records: [record(2, { terms: { kl: 0.1, reconstruction: 0.4 }, updates })] })
  board.add({
    type: 'evaluated',
    step: 2,
    epoch: 1,
    metrics: { val_accuracy: 1, test_loss: Number.NaN },
    samples: 1,
    seconds: 0,
  })
  board.add({ type: 'warned', code: 'X', message: 'nothing to draw' })
  await board.close()
  const rates = ['g', 'd'].flatMap((o) => [0, 1].map((group) => `train/learning_rate/${o}/${group}`))
  expect(tagsOf(board.path)).toEqual(
    new Set([
      'train/loss',
      'train/learning_rate',
      'train/kl',
      'train/reconstruction',
      ...rates,
      'train/gradient_norm/g',
      'train/gradient_norm/d',
      'val/accuracy',
      'test/loss',
    ]),
  )
})

test('each start has a file of its own, which sorts after those before, also within one second', async () => {
  for (const resumedFrom of [undefined, 10, 5]) await (await openTensorboard(root, { resumedFrom })).close()
  const names = readdirSync(root)
  expect(names.length).toBe(3)
  const seconds = names.map((n) => Number(/tfevents\.(\d+)\./.exec(n)?.[1]))
  expect(seconds).toEqual([0, 1, 2].map((i) => (seconds[0] ?? 0) + i))
})

test('a full disk is told by flush, and costs no exception in add', async () => {
  const { disk } = faultyDisk(root, { at: 5, kind: 'ENOSPC' })
  const board = await openTensorboard(join(root, 'tb'), { disk })
  board.add({ type: 'steps', records: [record(1)] })
  await expect(board.flush()).rejects.toThrow('ENOSPC')
  board.add({ type: 'steps', records: [record(2)] })
  await expect(board.close()).rejects.toThrow('ENOSPC')
})
