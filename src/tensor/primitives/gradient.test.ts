// Every primitive with a gradient, and the composed operations, against central differences.
// PyTorch's own numbers are compared in goldens/goldens.test.ts.
import { afterAll, describe, expect, test } from 'vitest'
import * as F from '../functional.ts'
import { primitiveNames, registered } from '../graph/node.ts'
import { sizeOf } from '../graph/shape.ts'
import * as loss from '../loss.ts'
import * as nn from '../nn/index.ts'
import { batchNormalise, layerNormalise } from '../ops/normalise.ts'
import { Tensor } from '../tensor.ts'
import { checkGradient, type Given, lift, numbers, type TensorFunction } from '../testing/bench.ts'
import { channelAffine } from './channel.ts'
import { conv2d } from './conv.ts'
import { withGradient } from './custom.ts'
import { cos, erf, mul, sin } from './elementwise.ts'
import { lookup } from './index-of.ts'
import { dilate, flip, pad } from './layout.ts'
import { constant } from './leaf.ts'
import { gemm } from './matmul.ts'
import { sumSquare } from './reduce.ts'

const covered = new Set<string>()
let seed = 1
const random = (shape: readonly number[], low = -1, high = 1): Given => ({
  shape,
  values: numbers(seed++, sizeOf(shape), low, high),
})
/** Values apart from each other and from 0, so that no step crosses a kink. */
const apart = (shape: readonly number[]): Given => {
  const n = sizeOf(shape)
  const order = numbers(seed++, n).map((value, i) => value * 0 + ((i * 7919) % n))
  return { shape, values: Float32Array.from(order, (rank) => 0.11 * (rank - n / 2) + 0.055) }
}

function check(name: string, inputs: readonly Given[], f: TensorFunction, step?: number): void {
  test(name, async () => {
    const { worst, primitives } = await checkGradient(inputs, f, step)
    for (const primitive of primitives) covered.add(primitive)
    expect(worst).toBeLessThan(4e-3)
  })
}

describe('elementwise', () => {
  for (const [a, b] of [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [[4], []],
    [
      [2, 1, 3],
      [4, 1],
    ],
  ] as const) {
    const name = `[${a.join()}] [${b.join()}]`
    check(`add, sub, mul ${name}`, [random(a), random(b)], (x, y) => x.add(y).mul(x.sub(y.mul(2))))
    check(`div ${name}`, [random(a), random(b, 1, 2)], (x, y) => x.div(y))
    check(`maximum, minimum, where ${name}`, [apart(a), random(b, 20, 30)], (x, y) =>
      F.where(x.less(y), x.maximum(y), y).add(x.minimum(y)),
    )
  }
  const x = random([3, 4])
  const positive = random([3, 4], 0.5, 2)
  check('neg, exp, square', [x], (a) => a.neg().exp().add(a.square()))
  check('log, sqrt, rsqrt, pow', [positive], (a) => a.log().add(a.sqrt()).add(a.rsqrt()).add(a.pow(1.7)).add(a.pow(-2)))
  check('abs, relu', [apart([3, 4])], (a) => a.abs().mul(nn.relu(a)))
  check('tanh, sigmoid, softplus, silu', [x], (a) => nn.tanh(a).add(nn.sigmoid(a)).mul(nn.softplus(a)).add(nn.silu(a)))
  check(
    'erf, cos, sin',
    [x],
    lift((a) => gemm(erf(a), cos(sin(a)), { left: true, right: false })),
  )
  check('gelu', [random([3, 4], -3, 3)], nn.gelu)
  check('cast', [x], (a) => a.cast('float32').mul(a.greater(0).cast('float32').add(1)))
})

describe('reductions', () => {
  const x = random([2, 3, 4])
  for (const axis of [0, 1, -1, [0, 2], [0, 1, 2]] as const) {
    check(`sum, mean over ${axis}`, [x], (a) => a.sum(axis).add(a.square().mean(axis)))
    check(`keepdims over ${axis}`, [x], (a) =>
      a.sub(a.mean(axis, { keepdims: true })).mul(a.sum(axis, { keepdims: true })),
    )
    check(`max over ${axis}`, [apart([2, 3, 4])], (a) => a.max(axis))
  }
  check(
    'sum of squares',
    [x],
    lift((a) => sumSquare(a, [1, 2])),
  )
})

describe('layout', () => {
  const x = random([2, 3, 4])
  check('reshape, permute, transpose, flatten', [x], (a) =>
    a.reshape([4, -1]).matmul(a.permute([2, 0, 1]).flatten(1).transpose(0, 1)),
  )
  check('slice, split, unbind', [x], (a) => {
    const [first, second] = a.split(2, -1)
    const [left, right] = a.unbind(2)
    return first
      .mul(second)
      .sum()
      .add(left.mul(right).sum())
      .add(a.slice(1, 0, 3, 2).sum(1).mul(a.slice(2, -1).sum()).sum())
  })
  check('expand', [random([3, 1])], (a) => a.expand([2, 3, 4]).square())
  check('concat, stack', [x, random([2, 2, 4])], (a, b) => F.stack([F.concat([a, b], 1), F.concat([b, a], 1)]).square())
  check(
    'flip, pad, dilate',
    [x],
    lift((a) => flip(dilate(dilate(pad(a, [0, 1, 0], [1, 0, 2]), 1, 2), 2, 3), [1, 2])),
  )
})

describe('products', () => {
  for (const [a, b] of [
    [
      [2, 3],
      [3, 4],
    ],
    [
      [2, 2, 3],
      [3, 4],
    ],
    [
      [2, 2, 3],
      [2, 3, 4],
    ],
    [
      [3, 1, 2, 3],
      [2, 3, 2],
    ],
  ] as const) {
    check(`matmul [${a.join()}] [${b.join()}]`, [random(a), random(b)], (x, y) => x.matmul(y))
  }
  for (const left of [false, true]) {
    for (const right of [false, true]) {
      const inputs = [random(left ? [3, 2] : [2, 3]), random(right ? [4, 3] : [3, 4]), random([4])]
      check(
        `gemm ${left} ${right}`,
        inputs,
        lift((a, b, c) => gemm(a!, b!, { left, right }, c)),
      )
    }
  }
  check(
    'lookup with repeats',
    [random([5, 3])],
    lift((table) => lookup(table!, constant('int32', [2, 3], Int32Array.of(0, 1, 1, 4, 0, 1)))),
  )
  check('attention, causal', [random([2, 2, 3, 4]), random([2, 2, 3, 4]), random([2, 2, 3, 4])], (q, k, v) =>
    F.attention(q, k, v, { causal: true }),
  )
})

describe('convolution', () => {
  for (const kernel of [1, 3, 5]) {
    for (const stride of [1, 2, 3]) {
      for (const padding of [0, 1, 2]) {
        if (kernel === 1 && padding === 2) continue
        check(
          `kernel ${kernel}, stride ${stride}, padding ${padding}`,
          [random([2, 2, 6, 5]), random([3, 2, kernel, kernel]), random([3])],
          lift((x, w, b) => conv2d(x!, w!, { stride, pads: [padding, padding, padding, padding] }, b)),
        )
      }
    }
  }
})

describe('pooling', () => {
  for (const [kernel, stride, padding, size] of [
    [2, 2, 0, 4],
    [2, 2, 0, 5],
    [3, 2, 1, 5],
    [3, 1, 1, 4],
    [3, 3, 0, 7],
  ] as const) {
    const options = { stride, padding }
    check(`max ${kernel}/${stride}/${padding} of ${size}`, [apart([2, 2, size, size])], (x) =>
      nn.maxPool2d(kernel, options)(x),
    )
    check(`average ${kernel}/${stride}/${padding} of ${size}`, [random([2, 2, size, size])], (x) =>
      nn.avgPool2d(kernel, options)(x),
    )
  }
})

describe('normalisation and losses', () => {
  check(
    'batch norm',
    [random([3, 2, 2, 2]), random([2]), random([2])],
    lift((x, w, b) => batchNormalise(x!, w!, b!, 1e-5).y),
  )
  check(
    'batch norm, rows',
    [random([4, 3]), random([3]), random([3])],
    lift((x, w, b) => batchNormalise(x!, w!, b!, 1e-5).y),
  )
  check(
    'layer norm',
    [random([3, 2, 4]), random([4]), random([4])],
    lift((x, w, b) => layerNormalise(x!, w!, b!, 1e-5)),
  )
  check(
    'channel affine',
    [random([3, 2, 2]), random([2]), random([2])],
    lift((x, w, b) => channelAffine(x!, w!, b!)),
  )
  check('softmax', [random([2, 3, 4])], (x) => nn.softmax(x).add(nn.softmax(x, 1)))
  check('log softmax', [random([2, 3])], (x) => F.logSoftmax(x))
  const labels = new Tensor<1, 'int32'>(constant('int32', [3], Int32Array.of(0, 3, 1)))
  check('cross-entropy', [random([3, 4])], (x) => loss.crossEntropy(x as Tensor<2>, labels))
  check('cross-entropy, smoothed, each row', [random([3, 4])], (x) =>
    loss.crossEntropy(x as Tensor<2>, labels, { smoothing: 0.1, reduction: 'none' }),
  )
  check('mse, bce', [random([3, 4]), random([3, 4], 0, 1)], (x, y) =>
    loss.mse(x, y).add(loss.bceWithLogits(x, y).sum()),
  )
})

test('the bench notices a wrong gradient', async () => {
  const wrong = lift((x) => withGradient([x!], mul(x!, x!), (g) => [mul(g, x!)]))
  expect((await checkGradient([random([3], 1, 2)], wrong)).worst).toBeGreaterThan(0.1)
})

afterAll(() => {
  const differentiable = primitiveNames().filter((name) => registered(name).vjp !== null)
  expect(differentiable.filter((name) => !covered.has(name))).toEqual([])
})
