// The form of losses that are written by hand: each fault is seen, and what looks like it and is meant is not.
// The numbers that some of them ask for are looked at in src/engine/embedded/confirmed.test.ts.
import { describe, expect, test } from 'vitest'
import { lookThrough } from './compile.ts'
import { F, loss, nn, type Tensor } from './index.ts'
import type { Any } from './types.ts'

const model = nn.linear(3, 4)
const logSumExp = (x: Tensor<2>): Tensor<1> => x.exp().sum(1).log()
const forms = (terms: (m: Any, batch: Any) => Record<string, Tensor<0>>) =>
  lookThrough({
    model,
    loss: terms,
    inputs: {
      x: { shape: [3], dtype: 'float32' },
      shares: { shape: [4], dtype: 'float32' },
      mask: { shape: [4], dtype: 'float32' },
      y: { shape: [4], dtype: 'float32' },
      label: { shape: [], dtype: 'int32' },
      reward: { shape: [], dtype: 'float32' },
    },
    mode: 'training',
  }).faults.map(({ fault, field }) => [fault, ...(field ? [field] : [])])

const oneHot = (label: Any) => F.oneHot(label, 4)
type Case = readonly [string, (m: Any, batch: Any) => Record<string, Tensor<0>>, string[][]]

describe('raw scores that are picked', () => {
  const cases: Case[] = [
    ['by labels', (m, { x, label }) => ({ loss: m(x).mul(oneHot(label)).sum(1).mean().neg() }), [['raw-scores']]],
    [
      'by shares, beside a term of log probabilities, at a temperature',
      (m, { x, shares, label }) => ({
        votes: m(x).div(2).mul(shares).sum(1).mean().neg(),
        hard: loss.crossEntropy(m(x), label),
      }),
      [['raw-scores', 'shares']],
    ],
    [
      'under a logarithm of their sum: a cross-entropy in two terms',
      (m, { x, label }) => {
        const z = m(x)
        return { sum: logSumExp(z).mean(), picked: z.mul(oneHot(label)).sum(1).mean().neg() }
      },
      [],
    ],
    [
      'by a critic, small for what is made and large for what is real',
      (m, { x, shares, label }) => {
        const scores = m(x)
        return { made: scores.mul(shares).sum(1).mean(), real: m(x.neg()).mul(oneHot(label)).sum(1).mean().neg() }
      },
      [],
    ],
    [
      'for a margin',
      (m, { x, label }) => {
        const z = m(x)
        const right = z.mul(oneHot(label)).sum(1, { keepdims: true })
        return { loss: nn.relu(z.sub(right).add(1)).mean() }
      },
      [],
    ],
    [
      'as the value of an action',
      (m, { x, label, reward }) => ({ loss: loss.mse(m(x).mul(oneHot(label)).sum(1), reward) }),
      [],
    ],
    [
      'by numbers of the batch that are one for each sample',
      (m, { x, reward }) => ({ loss: m(x).sum(1).mul(reward).mean() }),
      [],
    ],
  ]
  test.each(cases)('%s', (_, terms, expected) => expect(forms(terms)).toEqual(expected))
})

describe('a likelihood', () => {
  const log = (m: Any, { x, label }: Any) => F.logSoftmax(m(x)).mul(oneHot(label)).sum(1)
  const cases: Case[] = [
    ['made small', (m, b) => ({ loss: log(m, b).mean() }), [['likelihood-minimised']]],
    [
      'of the framework, negated',
      (m, { x, label }) => ({ loss: loss.crossEntropy(m(x), label).neg() }),
      [['likelihood-minimised']],
    ],
    ['made large', (m, b) => ({ loss: log(m, b).mean().neg() }), []],
    ['times a reward whose sign nobody knows', (m, b) => ({ loss: log(m, b).mul(b.reward).mean() }), []],
    ['as a probability', (m, b) => ({ loss: log(m, b).exp().mean() }), []],
    [
      'made small here and large there: some of it is to be forgotten',
      (m, b) => ({ a: log(m, b).mean(), b: log(m, b).mean().mul(-2) }),
      [],
    ],
    [
      'of a mixture whose shares are no logarithms',
      (m, { x, y }) => ({
        loss: logSumExp(nn.softmax(m(x)).add(m(x).sub(y).square().neg()))
          .mean()
          .neg(),
      }),
      [['probabilities']],
    ],
    [
      'of a mixture',
      (m, { x, y }) => ({
        loss: logSumExp(F.logSoftmax(m(x)).add(m(x).sub(y).square().neg()))
          .mean()
          .neg(),
      }),
      [],
    ],
  ]
  test.each(cases)('%s', (_, terms, expected) => expect(forms(terms)).toEqual(expected))
})

describe('an output between bounds', () => {
  const bounds = (wrap: (z: Any) => Any) =>
    lookThrough({
      model,
      loss: (m: Any, { x, y }: Any) => ({ loss: loss.mse(wrap(m(x)), y) }),
      inputs: { x: { shape: [3], dtype: 'float32' }, y: { shape: [4], dtype: 'float32' } },
      mode: 'training',
    }).faults.map(({ fault, how, low, high }) => [fault, how, low, high])
  test('is held against a field', () => {
    expect(bounds((z) => nn.sigmoid(z).mul(100).add(260))).toEqual([['out-of-reach', 'sigmoid', 260, 360]])
    expect(bounds((z) => nn.relu(z).neg())).toEqual([['out-of-reach', 'relu', Number.NEGATIVE_INFINITY, -0]])
    expect(bounds((z) => nn.tanh(z).add(nn.sigmoid(z)))).toEqual([['out-of-reach', 'tanh', -1, 2]])
  })
  test('reaches everything once it is scaled by what is learnt', () => {
    expect(bounds((z) => nn.sigmoid(z).mul(model.weight.sum()))).toEqual([])
    expect(bounds((z) => z.add(nn.relu(z)))).toEqual([])
  })
})

describe('a masked loss', () => {
  const each = (m: Any, { x, y }: Any) => m(x).sub(y).square()
  const cases: Case[] = [
    ['divided by all places', (m, b) => ({ loss: each(m, b).mul(b.mask).mean() }), [['masked-mean', 'mask']]],
    ['divided by what is left', (m, b) => ({ loss: each(m, b).mul(b.mask).sum().div(b.mask.sum()) }), []],
    ['divided afterwards', (m, b) => ({ loss: each(m, b).mul(b.mask).mean().div(b.mask.mean()) }), []],
    ['with a weight for each sample', (m, b) => ({ loss: each(m, b).mean(1).mul(b.reward).mean() }), []],
  ]
  test.each(cases)('%s', (_, terms, expected) => expect(forms(terms)).toEqual(expected))
})
