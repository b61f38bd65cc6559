// Newcomers: the share of validation's samples with a code that training lacks, column by column.
// Which fields hold codes is told by the graph: src/tensor/lookThrough.test.ts.
import { expect, test } from 'vitest'
import { arrays } from '../../data/arrays.ts'
import { unseenOf } from './unseen.ts'

const of = (people: readonly number[], films: readonly number[]) =>
  arrays(
    { input: Int32Array.from(people.flatMap((person, i) => [person, films[i] as number])) },
    { input: { shape: [2] } },
  )
const coded = new Set(['input'])

test('the worst column, and how many samples of it are new', () => {
  const train = of([0, 0, 1, 1, 2, 2], [0, 1, 2, 0, 1, 2])
  const found = unseenOf(train, of([3, 3, 4, 0], [0, 1, 2, 9]), coded)
  expect(found).toEqual({ field: 'input', column: 0, share: 0.75, codes: 3, samples: 6 })
})

test('what is no code is not looked at', () => {
  const train = of([0, 1], [0, 1])
  expect(unseenOf(train, train, coded)?.share).toBe(0)
  expect(unseenOf(train, train, new Set())).toBeNull()
})
