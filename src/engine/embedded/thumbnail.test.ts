// The same expectations as tests/torch/test_thumbnail.py: both sides make one picture of one input.
import { expect, test } from 'vitest'
import { thumbnailOf } from './thumbnail.ts'

const bytes = (values: ArrayLike<number>, shape: readonly number[]) => {
  const made = thumbnailOf(values, shape)
  return made && { ...made, bytes: [...Buffer.from(made.bytes, 'base64')] }
}
const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i)

test('from the smallest value to the largest, channels last, whatever the layout', () => {
  const grey = { width: 4, height: 4, channels: 1, bytes: Array.from({ length: 16 }, (_, i) => 17 * i) }
  for (const shape of [
    [4, 4],
    [1, 4, 4],
    [4, 4, 1],
  ])
    expect(bytes(ramp(16), shape)).toEqual(grey)
  const planes = bytes(ramp(48), [3, 4, 4])
  expect(planes).toMatchObject({ width: 4, height: 4, channels: 3 })
  expect(planes?.bytes.slice(0, 6)).toEqual([0, 87, 174, 5, 92, 179])
})

test('a large one is thinned, a flat one is grey, what is no number is black', () => {
  expect(bytes(ramp(100 * 60), [100, 60])).toMatchObject({ width: 20, height: 34 })
  expect(bytes(new Float32Array(16), [4, 4])?.bytes).toEqual(Array(16).fill(128))
  expect(bytes(Float32Array.of(Number.NaN, ...ramp(15)), [4, 4])?.bytes.slice(0, 2)).toEqual([0, 0])
})

test('what has not the shape of a picture is none', () => {
  for (const shape of [[16], [2, 8], [2, 4, 2], [1, 2, 2, 4]]) expect(thumbnailOf(ramp(16), shape)).toBe(null)
})
