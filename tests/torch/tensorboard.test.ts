// The real TensorBoard reads what we write: values, NaN, and what a resume makes void.
// Needs a Python with tensorboard: GONOGO_TEST_PYTHON.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { StepRecord } from '../../src/contract/index.ts'
import { openTensorboard } from '../../src/record/index.ts'

const python = process.env.GONOGO_TEST_PYTHON
if (python === undefined) console.warn('GONOGO_TEST_PYTHON is not set: TensorBoard is not tested')

const root = mkdtempSync(join(tmpdir(), 'gonogo-tensorboard-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const read = (dir: string): Map<string, [number, number][]> => {
  const code = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
print(json.dumps({t: [[e.step, repr(e.value)] for e in events.Scalars(t)] for t in events.Tags()["scalars"]}))`
  const tags = JSON.parse(
    execFileSync(python ?? '', ['-c', code, dir], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  const number = (text: string) =>
    text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text === 'nan' ? Number.NaN : text)
  const points = (list: [number, string][]): [number, number][] => list.map(([step, value]) => [step, number(value)])
  return new Map(Object.entries<[number, string][]>(tags).map(([tag, list]) => [tag, points(list)]))
}

const record = (step: number, loss: number): StepRecord => ({
  step,
  epoch: 1,
  loss,
  terms: { kl: 0.25, reconstruction: loss },
  updates: [{ optimizer: 'adamw', outcome: 'applied', learningRates: [0.5], gradientNorm: 2 }],
  samples: { count: 1, digest: '' },
  seconds: 0,
  wait: 0,
})

test.runIf(python !== undefined)('values, NaN and large steps arrive', async () => {
  const dir = join(root, 'plain')
  const board = await openTensorboard(dir)
  board.add({ type: 'steps', records: [record(1, 0.5), record(2, Number.NaN), record(3_000_000_000, -Infinity)] })
  board.add({
    type: 'evaluated',
    step: 2,
    epoch: 1,
    metrics: { val_accuracy: 0.75, test_loss: 8 },
    samples: 1,
    seconds: 0,
  })
  await board.close()
  expect(read(dir)).toEqual(
    new Map([
      [
        'train/loss',
        [
          [1, 0.5],
          [2, Number.NaN],
          [3_000_000_000, -Infinity],
        ],
      ],
      [
        'train/kl',
        [
          [1, 0.25],
          [2, 0.25],
          [3_000_000_000, 0.25],
        ],
      ],
      [
        'train/reconstruction',
        [
          [1, 0.5],
          [2, Number.NaN],
          [3_000_000_000, -Infinity],
        ],
      ],
      [
        'train/learning_rate',
        [
          [1, 0.5],
          [2, 0.5],
          [3_000_000_000, 0.5],
        ],
      ],
      [
        'train/gradient_norm',
        [
          [1, 2],
          [2, 2],
          [3_000_000_000, 2],
        ],
      ],
      ['val/accuracy', [[2, 0.75]]],
      ['test/loss', [[2, 8]]],
    ]),
  )
})

test.runIf(python !== undefined)('a resume makes void what was drawn after its step, however often', async () => {
  const dir = join(root, 'resumed')
  for (const [resumedFrom, loss, last] of [
    [undefined, 1, 6],
    [4, 2, 8],
    [6, 3, 7],
  ] as const) {
    const board = await openTensorboard(dir, { resumedFrom })
    for (let step = (resumedFrom ?? 0) + 1; step <= last; step++)
      board.add({ type: 'steps', records: [record(step, loss)] })
    await board.close()
  }
  expect(read(dir).get('train/loss')).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 2],
    [6, 2],
    [7, 3],
  ])
})
