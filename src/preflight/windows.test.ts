// Stretches of one series in two splits. Pure; how pieces are digested: tests/torch/test_blocks.py.
import { expect, test } from 'vitest'
import type { SampleDigest } from '../contract/index.ts'
import { areCut, windowsOf } from './windows.ts'

const width = 12
/** The stretch that begins at a moment: piece n stands for the rows from n on. */
const stretch = (at: number, series = 0): SampleDigest => ({
  id: at,
  hash: String(at),
  mean: 0,
  std: 1,
  nonFinite: 0,
  target: 0,
  blocks: Buffer.from(new Uint32Array(Array.from({ length: width }, (_, i) => 1 + series + at + i)).buffer).toString(
    'base64',
  ),
})
const stretches = (from: number, to: number, series = 0) =>
  Array.from({ length: to - from }, (_, i) => stretch(from + i, series))

test('a split at random is told', () => {
  const all = stretches(0, 400)
  const found = windowsOf(
    all.filter((_, i) => i % 5 > 0),
    all.filter((_, i) => i % 5 === 0),
  )
  expect(found && areCut(found)).toBe(true)
  expect(found?.passed).toBeGreaterThan(70)
})

test.each([
  ['a split in time', stretches(0, 300), stretches(300, 400)],
  ['validation that reaches back', stretches(0, 300 - width), stretches(300 - width, 320)],
  ['two recordings', stretches(0, 300), stretches(0, 100, 5000)],
])('%s is none', (_, training, validation) => {
  const found = windowsOf(training, validation)
  expect(found && areCut(found)).toBe(false)
})

test('samples without pieces tell nothing', () => {
  const { blocks: _, ...plain } = stretch(1)
  expect(windowsOf([plain], [plain])).toBe(null)
})
