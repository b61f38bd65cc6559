// Records that came as columns, against those that the worker packed; that Python packs so is tested by every run on PyTorch.
import { expect, test } from 'vitest'
import { fromJson } from '../contract/index.ts'
import { recordsOf } from './columns.ts'

const update = (rate: number) => [
  { optimizer: 'sgd', outcome: 'applied', learningRates: [rate], gradientNorm: null, clippedNorm: null },
]

test('values that stay are told once, others one by one', () => {
  const line = `{"columns":{"step":7,"epoch":[1,2,2,1],"updates":[${JSON.stringify(update(0.1))},3],"count":[64,2,17,1],
    "digest":["a","b","c"],"seconds":[0.1,0.2,0.3],"wait":[1,2,3],"loss":[2.5,{"$number":"NaN"},0.5],"names":[["loss"],3],"last":{"memory":{"rss":5}}}}`
  const records = recordsOf([fromJson(line)])
  expect(records.map(({ step, epoch, samples }) => [step, epoch, samples.count, samples.digest])).toEqual([
    [7, 1, 64, 'a'],
    [8, 1, 64, 'b'],
    [9, 2, 17, 'c'],
  ])
  expect(records.map(({ terms }) => terms)).toEqual([{ loss: 2.5 }, { loss: Number.NaN }, { loss: 0.5 }])
  expect(records.map(({ updates }) => updates)).toEqual([update(0.1), update(0.1), update(0.1)])
  expect(records.map(({ memory }) => memory)).toEqual([undefined, undefined, { rss: 5 }])
})

test('several terms, and names that change', () => {
  const [first, second] = recordsOf([
    {
      columns: {
        step: 1,
        epoch: [1, 2],
        updates: [update(1), 1, update(0.5), 1],
        count: [8, 2],
        digest: ['x', 'y'],
        seconds: [1, 1],
        wait: [0, 0],
        loss: [3, 4],
        names: [['a', 'b'], 1, ['b'], 1],
        terms: [[1, 2], [4]],
      },
    },
  ])
  expect(first?.terms).toEqual({ a: 1, b: 2 })
  expect(second?.terms).toEqual({ b: 4 })
  expect(second?.updates).toEqual(update(0.5))
})

test('whole records pass as they are, beside columns too', () => {
  const whole = { step: 3, loss: 1, parameters: {} }
  expect(recordsOf([whole])).toEqual([whole])
})

test('a column that is too short is an error, not a hole', () => {
  const columns = {
    step: 1,
    epoch: [1, 2],
    updates: [[], 2],
    count: [8, 2],
    digest: ['x', 'y'],
    seconds: [1],
    wait: [0, 0],
    loss: [3, 4],
    names: [['loss'], 2],
  }
  expect(() => recordsOf([{ columns }])).toThrow('a group of steps has 1 values')
})
