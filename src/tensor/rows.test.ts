// What tears the samples of a batch apart, by the graph; and what only looks like it.
import { expect, test } from 'vitest'
import { lookThrough } from './compile.ts'
import { F, nn, type Tensor } from './index.ts'
import type { Any } from './types.ts'

const [time, width] = [6, 4]
const torn = (body: (m: Any, x: Tensor<3>, batch: number) => Tensor<Any>) => {
  const parts = { mix: nn.linear(width, width), wide: nn.linear(time * width, 3), norm: nn.layerNorm(width) }
  const model = nn.module(parts, (m, x: Tensor<3>) => body(m, x, x.shape[0] as number))
  return lookThrough({
    model,
    loss: (seen, { x }) => ({ loss: (seen as Any)(x).square().mean() }),
    inputs: { x: { shape: [time, width], dtype: 'float32' } },
    mode: 'evaluation',
  })
    .torn.slice(0, 1)
    .map(({ how }) => how)
}
const heads = (m: Any, x: Tensor<3>, batch: number) =>
  m
    .mix(m.norm(x))
    .reshape([batch, time, 2, width / 2])
    .permute([0, 2, 1, 3])

test('a reshape that takes the axis of the batch for another one', () => {
  expect(torn((m, x, batch) => m.wide(x.permute([1, 0, 2]).reshape([batch, time * width])))).toEqual(['reshape'])
  // batch first, where time first was wanted
  expect(torn((m, x, batch) => m.mix(x.reshape([time, batch, width])).permute([1, 0, 2]))).toEqual(['reshape'])
  // heads joined with the batch, and parted in another order
  expect(
    torn((m, x, batch) =>
      heads(m, x, batch)
        .permute([1, 0, 2, 3])
        .reshape([2 * batch, time, width / 2])
        .reshape([batch, 2, time, width / 2]),
    ),
  ).toEqual(['reshape'])
})

test('reshapes that keep samples whole', () => {
  expect(torn((m, x) => m.wide(m.mix(x).flatten(1)))).toEqual([])
  expect(torn((m, x) => m.mix(x.permute([1, 0, 2])).permute([1, 0, 2]))).toEqual([])
  expect(torn((m, x, batch) => m.wide(m.mix(x.reshape([-1, width])).reshape([batch, time * width])))).toEqual([])
  expect(
    torn((m, x, batch) => {
      const joined = heads(m, x, batch)
        .permute([1, 0, 2, 3])
        .reshape([2 * batch, time, width / 2])
      return joined
        .mul(2)
        .reshape([2, batch, time, width / 2])
        .permute([1, 2, 0, 3])
        .reshape([batch, time, width])
    }),
  ).toEqual([])
})

test('a softmax over the batch whose outcome stays with its sample', () => {
  const mixed = (axis: number) => (m: Any, x: Tensor<3>) => {
    const scores = x.matmul(m.mix(x).transpose(1, 2))
    return nn.softmax(scores, axis).matmul(x)
  }
  expect(torn(mixed(0))).toEqual(['softmax'])
  expect(torn(mixed(-1))).toEqual([])
})

test('each with each, a bag that is pooled, shares of each class', () => {
  const flat = (x: Tensor<3>) => x.flatten(1)
  expect(
    torn((_, x) => {
      const likeness = flat(x).matmul(flat(x).transpose(0, 1))
      return F.logSoftmax(likeness, 0).add(F.logSoftmax(likeness, 1))
    }),
  ).toEqual([])
  expect(torn((m, x) => nn.softmax(m.mix(x), 0).mul(x).sum(0, { keepdims: true }).add(x))).toEqual([])
  expect(torn((m, x) => nn.softmax(m.wide(flat(x)), 0))).toEqual([])
  expect(torn((m, x) => m.mix(x).sub(m.mix(x).mean(0)))).toEqual([])
})
