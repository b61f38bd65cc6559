// Accuracy and loss of positions: right in every honest form, and two bugs told by their numbers.
// Not the check around it (V4).
import { expect, test } from 'vitest'
import { drawOf } from '../contract/draw.ts'
import type { PerSample } from '../contract/index.ts'
import { denseOf } from './dense.ts'

const [count, classes, height, width] = [6, 3, 4, 5]
const places = height * width
const draw = drawOf(3)
const unit = () => draw() / 2 ** 32
const base64 = (values: Float32Array | Int32Array) => Buffer.from(values.buffer).toString('base64')

const made = (ignored: number, last: boolean) => {
  const labels = Int32Array.from({ length: count * places }, () => (unit() < ignored ? 255 : draw() % classes))
  const scores = Float32Array.from({ length: count * places * classes }, () => 4 * unit() - 2)
  const at = (sample: number, place: number, c: number) =>
    sample * places * classes + (last ? place * classes + c : c * places + place)
  const perSample: PerSample = {
    count,
    outputs: { shape: last ? [height, width, classes] : [classes, height, width], float32: base64(scores) },
    targets: { shape: [height, width], dtype: 'int32', bytes: base64(labels) },
  }
  return { labels, scores, at, perSample }
}

const measured = ({ labels, scores, at }: ReturnType<typeof made>) => {
  const [right, losses, across, samples] = [[], [], [], []] as [number[], number[], number[], number[]]
  for (let n = 0; n < count; n++)
    for (let p = 0; p < places; p++) {
      const label = labels[n * places + p] as number
      if (label === 255) continue
      const row = Array.from({ length: classes }, (_, c) => scores[at(n, p, c)] as number)
      const line = Array.from(
        { length: width },
        (_, x) => scores[at(n, Math.floor(p / width) * width + x, label)] as number,
      )
      const log = (values: number[]) => Math.log(values.reduce((sum, one) => sum + Math.exp(one), 0))
      right.push(row[label] === Math.max(...row) ? 1 : 0)
      losses.push(log(row) - (row[label] as number))
      across.push(log(line) - (row[label] as number))
      samples.push(n)
    }
  return { right, losses, across, samples }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

test.each([
  [0, false],
  [0, true],
  [0.2, false],
  [0.2, true],
] as const)('pooled, and averaged over samples, are right: %d ignored, classes last: %s', (ignored, last) => {
  const given = made(ignored, last)
  const { right, losses, samples } = measured(given)
  const bySample = (values: number[]) =>
    mean([...new Set(samples)].map((n) => mean(values.filter((_, i) => samples[i] === n))))
  for (const metrics of [
    { accuracy: mean(right), loss: mean(losses) },
    { accuracy: bySample(right), loss: bySample(losses) },
  ]) {
    const dense = denseOf(given.perSample, metrics, classes)
    expect(dense?.judged.map(({ name, fault }) => [name, fault])).toEqual([
      ['accuracy', null],
      ['loss', null],
    ])
    expect(dense?.labelled).toBe(right.length)
  }
})

test('divided by all positions, a softmax along the width, and other numbers', () => {
  const given = made(0.2, false)
  const { right, losses, across } = measured(given)
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  const all = count * places
  const faults = (metrics: Record<string, number>) =>
    denseOf(given.perSample, metrics, classes)?.judged.map(({ fault }) => fault?.cause)
  expect(faults({ accuracy: sum(right) / all })).toEqual(['wrong-divisor'])
  expect(faults({ loss: sum(losses) / all })).toEqual(['wrong-divisor'])
  expect(faults({ loss: mean(across) })).toEqual(['loss-wrong'])
  expect(denseOf(given.perSample, { loss: mean(across) }, classes)?.judged[0]?.fault?.words).toContain('axis 3')
  // a weighted loss, an overlap: no numbers of ours, and no fault
  expect(faults({ accuracy: 0.123, loss: 7 })).toEqual([])
})

test('one label a sample, and other shapes, are none', () => {
  const { perSample } = made(0, false)
  expect(denseOf(perSample, {}, 4)).toBeNull()
  expect(denseOf({ ...perSample, targets: { ...perSample.targets, shape: [] } }, {}, classes)).toBeNull()
})
