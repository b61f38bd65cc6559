// Repetition by a program, and by nature. Pure.
import { expect, test } from 'vitest'
import { repeatedIn } from './repeated.ts'

const sample = (name: number) => ({ id: name, hash: String(name), mean: 0, std: 1, nonFinite: 0, target: 0 })
const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)
/** Every seventh place is validation. */
const split = (names: readonly number[]) =>
  [names.filter((_, i) => i % 7 > 0), names.filter((_, i) => i % 7 === 0)].map((part) => part.map(sample)) as [
    ReturnType<typeof sample>[],
    ReturnType<typeof sample>[],
  ]
const rare = range(50)

test('rows repeated before the split are told', () => {
  const found = repeatedIn(...split([...range(500), ...rare, ...rare, ...rare]))
  expect(found).toMatchObject({ times: 4, inputs: 50 })
  expect(found?.across).toBeGreaterThan(10)
})

test('rows repeated after it, rows that come twice, and uneven repetition are none', () => {
  const [training, validation] = split(range(500))
  const few = training.filter(({ id }) => id < 50)
  expect(repeatedIn([...training, ...few, ...few, ...few], validation)).toBe(null)
  expect(repeatedIn(...split([...range(500), ...rare]))).toBe(null)
  expect(repeatedIn(...split([...range(500), ...rare, ...rare, ...range(20)]))).toBe(null)
  expect(repeatedIn(...split([...range(60), ...range(60), ...range(60)]))).toBe(null)
  expect(repeatedIn(training, validation)).toBe(null)
})
