// Mistakes found while tracing: each has a code, the user's line, the layer, and what to try.
// What tsc refuses is in types.test-d.ts.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { traceEvaluation, traceTraining } from './compile.ts'
import { broadcast } from './graph/shape.ts'
import { F, loss, nn, optim, random, type Tensor, TensorError } from './index.ts'
import type { Layer } from './nn/module.ts'
import { evaluate, numbers } from './testing/bench.ts'
import type { Any } from './types.ts'

function caught(body: () => unknown): TensorError {
  try {
    body()
  } catch (error) {
    if (error instanceof TensorError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
const train = (model: Layer, shape: number[], toLoss = (y: Any) => y.sum()) =>
  traceTraining({
    model,
    loss: ({ x }: { x: Tensor }) => ({ loss: toLoss(model(x)) }),
    optimizer: optim.sgd({ learningRate: 0.1 }),
    inputs: { x: { shape, dtype: 'float32' } },
    regularise: true,
    observe: { gradients: false },
  })

test('the guide’s example: a head of the wrong size', () => {
  const model = nn.module({ conv1: nn.conv2d(1, 32, 3), head: nn.linear(2048, 10) }, (m, x: Tensor<4>) =>
    m.head(nn.relu(m.conv1(x)).flatten(1)),
  )
  const error = caught(() => train(model, [8, 1, 28, 28]))
  expect(error).toMatchObject({
    code: 'SHAPE_LINEAR',
    layer: 'head',
    seen: 'last size 21632, from [8, 32, 26, 26] flattened',
    expected: '2048, declared by linear(2048, 10)',
    try: 'linear(21632, 10)',
  })
  expect(error.where).toMatch(/errors\.test\.ts:\d+:\d+$/)
  const [line, column] = error.where.split(':').slice(-2).map(Number) as [number, number]
  const source = readFileSync(new URL(import.meta.url), 'utf8').split('\n')
  expect(source[line - 1]!.slice(column - 1)).toMatch(/^(m\.)?head\(nn\.relu/)
})

const over = (forward: (x: Tensor<Any>) => unknown, shape: number[] = [2, 3]) =>
  caught(() =>
    train(
      nn.module({ w: nn.param([1]) }, (m, x: Tensor) => F.concat([(forward(x) as Tensor).reshape([-1]), m.w], 0)),
      shape,
    ),
  )

describe('codes', () => {
  const cases: Record<string, () => TensorError> = {
    TENSOR_NO_VALUE: () => over((x) => (x as Any) + 1),
    SHAPE_BROADCAST: () => over((x) => x.add(x.transpose(0, 1))),
    SHAPE_MATMUL: () => over((x) => x.matmul(x)),
    SHAPE_RESHAPE: () => over((x) => x.reshape([4, -1])),
    SHAPE_AXIS: () => over((x) => x.sum(2)),
    SHAPE_PERMUTE: () => over((x) => x.permute([0, 0])),
    SHAPE_SPLIT: () => over((x) => x.split(2, 1)[0]),
    SHAPE_UNBIND: () => over((x) => x.unbind(3)[0]),
    SHAPE_SLICE: () => over((x) => x.slice(0, 0, 1, 0)),
    SHAPE_CONCAT: () => over((x) => F.concat([x, x.transpose(0, 1)], 0)),
    SHAPE_CONV: () => caught(() => train(nn.conv2d(3, 4, 3), [1, 1, 8, 8])),
    SHAPE_RANK: () => caught(() => train(nn.conv2d(3, 4, 3), [1, 8])),
    SHAPE_WINDOW: () => caught(() => train(nn.conv2d(1, 4, 9), [1, 1, 8, 8])),
    SHAPE_NORM: () => caught(() => train(nn.batchNorm2d(3), [1, 1, 8, 8])),
    NORM_ONE_VALUE: () => caught(() => train(nn.batchNorm1d(3), [1, 3])),
    SHAPE_LOSS: () => over((x) => loss.mse(x, x.sum(0) as Any)),
    SHAPE_CROSS_ENTROPY: () => over((x) => loss.crossEntropy(x as Tensor<2>, F.range(3))),
    TENSOR_DTYPE: () => over((x) => x.add(x.greater(0) as Any)),
    TENSOR_OPERAND: () => over((x) => x.add('1' as Any)),
    NOISE_BATCH: () => over((x) => x.add(random.normal('n', [3]))),
    LAYER_IN_FORWARD: () => over((x) => nn.linear(3, 3)(x)),
    PARAM_UNREGISTERED: () => {
      const stray = nn.linear(3, 3)
      return over((x) => stray(x))
    },
    LOSS_NOT_SCALAR: () => caught(() => train(nn.linear(3, 3), [2, 3], (y) => y)),
    FIELD_BATCH: () => caught(() => train(nn.linear(3, 3), [])),
    TRACE_NONE: () => caught(() => nn.isTraining()),
    DROPOUT_RANGE: () => caught(() => nn.dropout(1)),
    MODULE_CHILD_NAME: () => caught(() => nn.module({ 'a.b': nn.relu }, (_, x: Tensor) => x)),
    MODULE_CHILD: () => caught(() => nn.module({ a: 1 as Any }, (_, x: Tensor) => x)),
    SHAPE_PARAM: () => caught(() => nn.linear(0, 3)),
    OPTIMIZER_RANGE: () => caught(() => optim.adamw({ learningRate: 1, weightDecay: -1 })),
    OPTIMIZER_OPTION: () => caught(() => optim.adamw({ learningRate: 1, weight_decay: 1 } as Any)),
  }
  test.each(Object.entries(cases))('%s', (code, make) => {
    const error = make()
    expect(error.code).toBe(code)
    expect(error.where).toMatch(/errors\.test\.ts:\d+:\d+$/)
    expect(error.seen).not.toBe('')
    expect(error.expected).not.toBe('')
  })

  test('states are not written twice, nor while evaluating', () => {
    const model = nn.module({ s: nn.state([2]) }, (m, x: Tensor<2>) => {
      m.s.update(x.sum(0))
      return x
    })
    const inputs = { x: { shape: [3, 2], dtype: 'float32' } } as const
    expect(
      caught(() => traceEvaluation({ model, outputs: ({ x }) => ({ outputs: { y: model(x) }, terms: {} }), inputs }))
        .code,
    ).toBe('STATE_IN_EVALUATION')
    const twice = nn.module({ model }, (m, x: Tensor<2>) => m.model(m.model(x)))
    expect(caught(() => train(twice, [3, 2])).code).toBe('STATE_TWICE')
  })
})

test('broadcasting is what NumPy does', async () => {
  const size = fc.integer({ min: 1, max: 3 })
  const shapes = fc.tuple(
    fc.array(size, { maxLength: 3 }),
    fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    fc.integer({ min: 0, max: 3 }),
  )
  await fc.assert(
    fc.asyncProperty(shapes, async ([a, ones, drop]) => {
      const b = a.map((n, i) => (ones[i] ? 1 : n)).slice(Math.min(drop, a.length))
      expect(broadcast(a, b, 'test')).toEqual(a)
      const count = (shape: number[]) => shape.reduce((n, m) => n * m, 1)
      const [x, y] = [numbers(1, count(a)), numbers(2, count(b))]
      const { shape, values } = await evaluate(
        [
          { shape: a, values: x },
          { shape: b, values: y },
        ],
        (p, q) => p!.add(q!),
      )
      expect(shape).toEqual(a)
      const at = (flat: number): number => {
        let [rest, from, stride] = [flat, 0, 1]
        for (let i = a.length - 1; i >= 0; i--) {
          const n = b[i - (a.length - b.length)]
          if (n !== undefined) {
            if (n > 1) from += (rest % a[i]!) * stride
            stride *= n
          }
          rest = Math.floor(rest / a[i]!)
        }
        return from
      }
      expect(values).toEqual(Array.from(x, (value, i) => Math.fround(value + y[at(i)]!)))
    }),
    { numRuns: 20 },
  )
})
