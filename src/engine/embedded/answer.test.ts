// The answer among the inputs: a column that is the target in other units is found, and what only resembles it is not.
// What D4 makes of it in a real poll: tests/preflight/custom.test.ts.
import { describe, expect, test } from 'vitest'
import type { Field } from '../../data/dataset.ts'
import type { LookedThrough } from '../../tensor/compile.ts'
import { answerOf, askedAndGiven } from './answer.ts'

const count = 60
const price = Float32Array.from({ length: count }, (_, i) => 120 + ((i * 37) % 61) * 3.7)
const rows = (columns: readonly ((i: number) => number)[]) => ({
  values: Float32Array.from({ length: count * columns.length }, (_, at) =>
    (columns[at % columns.length] as (i: number) => number)(Math.floor(at / columns.length)),
  ),
  size: columns.length,
})
const target = (of: (i: number) => number) => ({
  values: Float32Array.from({ length: count }, (_, i) => of(i)),
  size: 1,
})
const noise = (i: number) => ((i * 7919) % 101) / 101

describe('an element that is the target', () => {
  const priced = target((i) => price[i] as number)
  test('in other units', () => {
    const column = (i: number) => ((price[i] as number) - 250) / -80
    expect(answerOf(rows([noise, column]), priced, count)).toEqual({ at: 1, of: 2, samples: count })
  })
  test('is none where it follows it closely, stands alone, or hardly varies', () => {
    const close = (i: number) => (price[i] as number) + noise(i)
    expect(answerOf(rows([noise, close]), priced, count)).toBeNull()
    expect(answerOf(rows([(i) => 2 * (price[i] as number)]), priced, count)).toBeNull()
    const rare = (i: number) => (i === 30 ? 1 : 0)
    expect(answerOf(rows([noise, rare]), target(rare), count)).toBeNull()
    expect(answerOf(rows([noise, () => 1]), priced, count)).toBeNull()
  })
})

describe('of a custom task', () => {
  const fields: Field[] = ['x', 'y', 'weight'].map((name) => ({
    name,
    shape: name === 'x' ? [3] : [],
    dtype: 'float32',
  }))
  const seen = (loss: string[], outputs: string[]): LookedThrough => ({
    rows: 101,
    loss: new Set(loss),
    outputs: new Set(outputs),
    coded: new Set(),
    called: [],
    streams: [],
    faults: [],
    torn: [],
  })
  test('the target is what the loss alone takes', () =>
    expect(askedAndGiven(fields, seen(['x', 'y'], ['x']), fields[0], undefined)?.target.name).toBe('y'))
  test('two such fields may be a target and its weight', () =>
    expect(askedAndGiven(fields, seen(['x', 'y', 'weight'], ['x']), fields[0], undefined)).toBeNull())
})
