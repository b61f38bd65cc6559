// V1's look at outputs: the same ones at another place, against outputs that moved.
// Not a poll: tests/torch and the corpus have whole experiments.
import { expect, test } from 'vitest'
import type { Evaluation } from '../contract/index.ts'
import { inAnotherOrder } from './v1-evaluate-twice.ts'

const evaluation = (rows: readonly (readonly number[])[]): Evaluation => ({
  split: 'val',
  samples: rows.length,
  batches: 1,
  metrics: { loss: 1 },
  seconds: 0,
  perSample: {
    count: rows.length,
    outputs: {
      shape: [rows[0]?.length ?? 0],
      float32: Buffer.from(new Float32Array(rows.flat()).buffer).toString('base64'),
    },
    targets: {
      shape: [],
      dtype: 'int32',
      bytes: Buffer.from(new Int32Array(rows.length).buffer).toString('base64'),
    },
  },
})

const rows = [
  [0.3, -1.2],
  [2.1, 0.4],
  [-0.7, 0.9],
]

test('a shuffled loader: every output again, at another place and rounded otherwise', () => {
  const shuffled = [rows[2], rows[0], rows[1]].map((row) => (row ?? []).map((value) => value * (1 + 1e-7)))
  expect(inAnotherOrder(evaluation(rows), evaluation(shuffled), 1e-5)).toBe(true)
})

test('noise moves outputs, and equal bytes are no other order', () => {
  const noisy = rows.map((row, i) => row.map((value) => value + 1e-3 * (i + 1)))
  expect(inAnotherOrder(evaluation(rows), evaluation(noisy), 1e-5)).toBe(false)
  expect(inAnotherOrder(evaluation(rows), evaluation(rows), 1e-5)).toBe(false)
  expect(inAnotherOrder(evaluation(rows), evaluation(rows.slice(1)), 1e-5)).toBe(false)
})
