// What the graph of a loss shows: each fault at its line, and none where the same numbers are put together rightly.
// Not what a check says of it: tests/preflight/custom.test.ts.
import { describe, expect, test } from 'vitest'
import { lookThrough } from './compile.ts'
import { F, loss, nn, random, type Tensor } from './index.ts'
import type { Layer } from './nn/module.ts'
import type { Any } from './types.ts'

const column = nn.linear(3, 1)
const classes = nn.linear(3, 4)
const look = (
  model: Layer,
  toLoss: (model: Any, batch: Any) => Tensor<0>,
  mode: 'training' | 'evaluation' = 'training',
) =>
  lookThrough({
    model,
    loss: (seen, batch) => ({ loss: toLoss(seen, batch) }),
    inputs: {
      x: { shape: [3], dtype: 'float32' },
      y: { shape: [], dtype: 'float32' },
      label: { shape: [], dtype: 'int32' },
      group: { shape: [], dtype: 'int32' },
    },
    mode,
  })
const faults = (model: Layer, toLoss: (model: Any, batch: Any) => Tensor<0>) =>
  look(model, toLoss).faults.map(({ fault, how, axis }) => [fault, how ?? axis ?? null])

test('which fields the loss and the outputs hang on', () => {
  const seen = look(column, (m, { x, y }) => loss.mse(m(x).reshape([-1]), y))
  expect([...seen.loss]).toEqual(['x', 'y'])
  expect([...(seen.outputs ?? [])]).toEqual(['x'])
  expect(look(column, (m, { y }) => m.weight.sum().mul(y.mean())).outputs).toBeNull()
})

test('which fields hold codes: looked up in a table, whole or by the column', () => {
  const table = nn.module({ table: nn.embedding(5, 2) }, (m, ids: Any) => m.table(ids))
  expect([...look(table, (m, { group }) => m(group).mean()).coded]).toEqual(['group'])
  expect([...look(table, (m, { group, label }) => loss.crossEntropy(m(group), label)).coded]).toEqual(['group'])
  expect([...look(column, (m, { x, label }) => m(x).mean().mul(label.cast('float32').mean())).coded]).toEqual([])
})

test('noise that only one mode draws', () => {
  const noisy = nn.module({ column }, (m, x: Tensor<2>) => m.column(x.add(random.normal('n', [x.shape[0], 3]))))
  const quiet = nn.module({ column, drop: nn.dropout(0.5) }, (m, x: Tensor<2>) => m.column(m.drop(x)))
  const square = (m: Any, { x }: Any) => m(x).square().mean()
  expect(look(noisy, square, 'evaluation').streams).toEqual(['n'])
  expect(look(quiet, square, 'evaluation').streams).toEqual([])
  expect(look(quiet, square, 'training').streams).toHaveLength(1)
})

describe('what losses are given', () => {
  const binary =
    (wrap: (x: Any) => Any) =>
    (m: Any, { x, y }: Any) =>
      loss.bceWithLogits(wrap(m(x)).reshape([-1]), y).mean()
  test.each([
    ['a sigmoid', binary(nn.sigmoid), [['squashed', 'sigmoid']]],
    ['a ReLU', binary(nn.relu), [['squashed', 'relu']]],
    ['a ReLU with an offset', binary((x) => nn.relu(x).sub(2)), []],
    ['logits', binary((x) => x), []],
    ['a sigmoid that is scaled on', binary((x) => nn.sigmoid(x).mul(8).sub(4)), []],
  ])('%s', (_, toLoss, expected) => expect(faults(column, toLoss)).toEqual(expected))

  test('a softmax before a cross-entropy, through a reshape', () => {
    const twice = (m: Any, { x, label }: Any) => loss.crossEntropy(nn.softmax(m(x)).reshape([-1, 4]), label)
    expect(faults(classes, twice)).toEqual([['squashed', 'softmax']])
    expect(look(classes, twice).faults[0]?.where).toMatch(/lookThrough\.test\.ts:\d+:\d+$/)
    expect(faults(classes, (m, { x, label }) => loss.crossEntropy(m(x), label))).toEqual([])
    // among classes zero is a score like any other
    expect(faults(classes, (m, { x, label }) => loss.crossEntropy(nn.relu(m(x)), label))).toEqual([])
  })
})

describe('every pair', () => {
  test('a column of outputs against a row of targets', () => {
    expect(faults(column, (m, { x, y }) => m(x).sub(y).square().mean())).toEqual([['every-pair', null]])
    expect(faults(column, (m, { x, y }) => m(x).reshape([-1]).sub(y).square().mean())).toEqual([])
  })
  test('is meant where one side was stood up by hand, or both are outputs', () => {
    expect(
      faults(column, (m, { x, y }) =>
        m(x)
          .reshape([-1])
          .sub(y.reshape([-1, 1]))
          .square()
          .mean(),
      ),
    ).toEqual([])
    expect(
      faults(column, (m, { x }) =>
        m(x)
          .sub(m(x).reshape([-1]))
          .square()
          .mean(),
      ),
    ).toEqual([])
  })
})

describe('a softmax over the batch', () => {
  const picked =
    (axis: number) =>
    (m: Any, { x, label }: Any) =>
      F.logSoftmax(m(x), axis).mul(F.oneHot(label, 4)).sum(1).mean().neg()
  test('is told by what picks from it', () => {
    expect(faults(classes, picked(0))).toEqual([['other-axis', 0]])
    expect(faults(classes, picked(1))).toEqual([])
  })
  test('of similarities is meant', () => {
    const both = (m: Any, { x }: Any) => {
      const likeness = m(x).matmul(m(x).transpose(0, 1))
      return F.logSoftmax(likeness, 0).add(F.logSoftmax(likeness, 1)).mean().neg()
    }
    expect(faults(classes, both)).toEqual([])
  })
})
