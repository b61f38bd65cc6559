// What a decoder's sequence says, and which inputs are ignored. Pure; how it is measured: tests/torch/test_calls.py.
import { expect, test } from 'vitest'
import type { ModelCall } from '../contract/index.ts'
import { ignoredIn } from './d10-inputs-heeded.ts'
import { type Decoder, judgeDecoder } from './decoder.ts'

const decoder = (sequence: Partial<Decoder['sequence']>): Decoder => ({
  module: 'model',
  name: 'target',
  sequence: {
    next: 1,
    same: 0.05,
    second: 0.05,
    still: 0.05,
    scored: 1,
    length: 12,
    scale: 3,
    others: 1,
    positions: [1, 4, 6],
    before: [0, 0, 0],
    own: [1, 1, 1],
    after: [1, 1, 1],
    ...sequence,
  },
})

test.each([
  [{}, 'GO', null],
  [{ before: [0, 1e-7, 0] }, 'GO', null],
  [{ before: [0.2, 0.1, 0.3] }, 'NO-GO', 'sees-the-future'],
  [{ before: [Number.NaN, 0, 0] }, 'NO-GO', 'sees-the-future'],
  // one sequence alone may be rebuilt from a code of the whole
  [{ before: [0.2, 0.1, 0.3], others: 0 }, 'WARN', 'sees-the-future'],
  [{ next: 0.05, same: 1 }, 'NO-GO', 'targets-misplaced'],
  [{ next: 0.05, second: 1 }, 'NO-GO', 'targets-misplaced'],
] satisfies [Partial<Decoder['sequence']>, string, string | null][])('%o', (sequence, status, cause) => {
  expect(judgeDecoder(decoder(sequence), 1e-6)).toMatchObject({ status, cause })
})

test.each([
  // outputs answer to nothing, or not to their own place; another text; an autoencoder that sees the whole of it
  { after: [0, 0, 0], own: [0, 0, 0] },
  { next: 0.05, same: 1, own: [0, 0, 0] },
  { next: 0.05 },
  { next: 0.05, same: 1, before: [0.1, 0.1, 0.1] },
  { positions: [], before: [], own: [], after: [] },
])('nothing to say of %o', (sequence) => {
  expect(judgeDecoder(decoder(sequence), 1e-6)).toBe(null)
})

const call = (effects: Readonly<Record<string, number | null>>): ModelCall => ({
  module: 'model',
  kind: 'Net',
  arguments: Object.entries(effects).map(([name, effect]) => ({
    name,
    shape: [8, 4],
    varies: true,
    effect,
    sequence: null,
  })),
})

test('an input is ignored where another one is heeded, in every call', () => {
  const names = (...calls: ModelCall[]) => ignoredIn(calls).map(({ name }) => name)
  expect(names(call({ x: 1, t: 0 }))).toEqual(['t'])
  expect(names(call({ x: 1, t: 1e-12 }))).toEqual([])
  expect(names(call({ x: 1, t: 0 }), call({ x: 1, t: 1 }))).toEqual([])
  expect(names(call({ x: 1, t: null }))).toEqual([])
  // a model that answers to nothing is asleep
  expect(names(call({ x: 0, t: 0 }), call({ x: 0 }))).toEqual([])
})
