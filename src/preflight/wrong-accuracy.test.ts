import { expect, test } from 'vitest'
import type { Evaluation } from '../contract/index.ts'
import { mean, type Outputs, outputsOf, rightAnswers } from './outputs.ts'
import { mistakeIn, mistakesOf } from './wrong-accuracy.ts'

const base64 = (array: Float32Array | Int32Array) => Buffer.from(array.buffer).toString('base64')

/** Outputs of 61 samples that are right about four times in five. */
const evaluated = (width: number, seed: number, accuracy: (outputs: Outputs) => number): Evaluation => {
  const count = 61
  const classes = Math.max(2, width)
  const targets = Int32Array.from({ length: count }, (_, row) => (row * 7 + seed + ((row * row) % 3)) % classes)
  const values = Float32Array.from({ length: count * width }, (_, i) => {
    const row = Math.floor(i / width)
    const wanted = width === 1 ? (2 * (targets[row] as number) - 1) * 0.7 : Number(i % width === targets[row]) * 1.5
    return wanted + Math.sin(12.9898 * i + seed) * 1.2
  })
  const perSample = {
    count,
    outputs: { shape: [width], float32: base64(values) },
    targets: { shape: [], dtype: 'int32' as const, bytes: base64(targets) },
  }
  const metrics = { accuracy: accuracy(outputsOf(perSample)) }
  return { split: 'val', samples: count, batches: 4, metrics, seconds: 0, perSample }
}

const three = (width: number, accuracy: (outputs: Outputs) => number) =>
  [1, 2, 3].map((seed) => evaluated(width, seed, accuracy))
const reading = (width: number) => (width === 1 ? 'one logit' : 'logits')

test.each([1, 5])('each mistake is told by the numbers that it gives, outputs of %i', (width) => {
  const words = new Set<string>()
  for (
    let i = 0;
    i < mistakesOf(outputsOf(three(width, () => 0)[0]?.perSample as never), reading(width), 16).length;
    i++
  ) {
    const found = mistakeIn(
      three(width, (outputs) => mistakesOf(outputs, reading(width), 16)[i]?.value ?? Number.NaN),
      Math.max(2, width),
      16,
    )
    expect(found).not.toBeNull()
    words.add(found ?? '')
  }
  expect(words.size).toBeGreaterThan(1)
})

test('the right accuracy is no mistake, nor another threshold, nor a number that fits once', () => {
  const right = (outputs: Outputs) => mean(rightAnswers(outputs, reading(outputs.width)).right)
  for (const width of [1, 5]) expect(mistakeIn(three(width, right), Math.max(2, width), 16)).toBeNull()
  const shifted = ({ values, targets, count }: Outputs) =>
    values.filter((value, row) => Number(value > -0.4) === targets[row]).length / count
  expect(mistakeIn(three(1, shifted), 2, 16)).toBeNull()
  const [first, ...others] = three(1, (outputs) => mistakesOf(outputs, 'one logit', 16)[1]?.value ?? 0)
  const moved = others.map((one) => ({ ...one, metrics: { accuracy: 0.123 } }))
  expect(mistakeIn([first as Evaluation, ...moved], 2, 16)).toBeNull()
})
