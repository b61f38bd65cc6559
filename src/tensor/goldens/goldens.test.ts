// Operations, five training steps and schedules against numbers that PyTorch wrote (make.py).
// Needs no Python: it reads the committed JSON.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openSession, traceEvaluation, traceTraining, type Values } from '../compile.ts'
import * as F from '../functional.ts'
import * as loss from '../loss.ts'
import * as nn from '../nn/index.ts'
import type { Layer } from '../nn/module.ts'
import { layerNormalise } from '../ops/normalise.ts'
import { affine } from '../ops/product.ts'
import { adam, adamw, sgd } from '../optim/index.ts'
import { conv2d } from '../primitives/conv.ts'
import { lookup } from '../primitives/index-of.ts'
import { constant } from '../primitives/leaf.ts'
import * as schedule from '../schedule.ts'
import { Tensor } from '../tensor.ts'
import { differentiate, evaluate, type Given, lift, type TensorFunction } from '../testing/bench.ts'
import type { Any } from '../types.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'))
const ints = (values: number[], shape: number[]) => constant('int32', shape, Int32Array.from(values))

/** Largest difference, relative to the largest value of the expected array (or 1e-3). */
function difference(seen: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(seen.length).toBe(expected.length)
  const scale = Math.max(1e-3, ...Array.from(expected, Math.abs))
  return Math.max(0, ...Array.from(expected, (value, i) => Math.abs(value - seen[i]!) / scale))
}

interface Case {
  name: string
  settings: Any
  inputs: Given[]
  weights: Given
  output: Given
  gradients: Given[]
}

const functions: Record<string, (settings: Any) => TensorFunction> = {
  conv2d: ({ stride, padding }) =>
    lift((x, w, b) => conv2d(x!, w!, { stride, pads: [padding, padding, padding, padding] }, b)),
  maxPool2d:
    ({ kernel, ...options }) =>
    (x) =>
      nn.maxPool2d(kernel, options)(x!),
  avgPool2d:
    ({ kernel, ...options }) =>
    (x) =>
      nn.avgPool2d(kernel, options)(x!),
  relu: () => nn.relu as TensorFunction,
  gelu: () => nn.gelu as TensorFunction,
  silu: () => nn.silu as TensorFunction,
  sigmoid: () => nn.sigmoid as TensorFunction,
  tanh: () => nn.tanh as TensorFunction,
  softplus: () => nn.softplus as TensorFunction,
  softmax: () => (x) => nn.softmax(x!),
  logSoftmax: () => (x) => F.logSoftmax(x!),
  amax: () => (x) => x!.max(1),
  crossEntropy:
    ({ smoothing, reduction, labels }) =>
    (x) =>
      loss.crossEntropy(x as Tensor<2>, new Tensor(ints(labels, [labels.length])), { smoothing, reduction }),
  bceWithLogits: () => (x, y) => loss.bceWithLogits(x!, y!.detach()),
  mse: () => (x, y) => loss.mse(x!, y!),
  layerNorm: () => lift((x, w, b) => layerNormalise(x!, w!, b!, 1e-5)),
  linear: () => lift((x, w, b) => affine(x!, w!, b)),
  embedding: ({ ids }) => lift((table) => lookup(table!, ints(ids, [2, 3]))),
  attention:
    ({ causal }) =>
    (q, k, v) =>
      F.attention(q!, k!, v!, { causal }),
}

describe('operations', () => {
  for (const { name, settings, inputs, weights, output, gradients } of read('ops').cases as Case[]) {
    test(`${name} ${JSON.stringify(settings)}`, async () => {
      const f = functions[name]!(settings)
      const forward = await evaluate(inputs, f)
      expect(forward.shape).toEqual(output.shape)
      expect(difference(forward.values, output.values)).toBeLessThan(2e-6)
      const backward = await differentiate(inputs, f, weights.values)
      await backward.close()
      gradients.forEach((gradient, i) => {
        expect(difference(backward.gradients[i]!, gradient.values)).toBeLessThan(5e-6)
      })
    })
  }
})

const optimizers: Record<string, typeof sgd> = { sgd, adam, adamw }
const models: Record<string, () => Layer> = {
  mlp: () => nn.sequential(nn.linear(5, 6), nn.tanh, nn.linear(6, 3)),
  cnn: () =>
    nn.sequential(
      nn.sequential(nn.conv2d(1, 4, 3, { padding: 1, bias: false }), nn.batchNorm2d(4), nn.relu, nn.maxPool2d(2)),
      nn.sequential(nn.conv2d(4, 6, 3, { stride: 2, padding: 1, bias: false }), nn.batchNorm2d(6), nn.gelu, nn.flatten),
      nn.sequential(nn.linear(24, 3, { bias: false }), nn.batchNorm1d(3)),
    ),
}
/** Our nested name of a layer of PyTorch's flat cnn. */
const nested = (model: string, name: string): string => {
  if (model === 'mlp') return name
  const [at, ...rest] = name.split('.')
  return [Math.floor(Number(at) / 4), Number(at) % 4, ...rest].join('.')
}

describe('training', () => {
  for (const run of read('training').runs as Any[]) {
    test(`${run.model} ${run.kind} ${JSON.stringify(run.settings)} clip ${run.clipNorm}`, async () => {
      const model = models[run.model]!()
      const inputs = {
        x: { shape: run.batches[0].x.shape, dtype: 'float32' },
        y: { shape: [4], dtype: 'int32' },
      } as const
      const program = traceTraining({
        model,
        loss: ({ x, y }) => ({ loss: loss.crossEntropy(model(x) as Tensor<2>, y) }),
        optimizer: optimizers[run.kind]!({
          learningRate: 1,
          weightDecay: run.weightDecay,
          ...run.settings,
          ...(run.clipNorm === null ? {} : { clipNorm: run.clipNorm }),
        }),
        inputs,
        regularise: true,
        observe: { gradients: false },
      })
      const session = await openSession(program, { threads: 1 })
      const before = new Map(Object.entries<Given>(run.before).map(([name, given]) => [nested(run.model, name), given]))
      const feeds = new Map<string, Values>(
        program.state.map(({ name, feed, shape }) => [
          feed,
          Float32Array.from(before.get(name)?.values ?? new Float32Array(shape.reduce((a, b) => a * b, 1))),
        ]),
      )
      feeds.set('seed', Uint32Array.of(0, 0)).set('sample_ids', Uint32Array.of(0, 1, 2, 3))
      const losses: number[] = []
      const norms: number[] = []
      for (const [step, batch] of run.batches.entries()) {
        feeds.set('x', Float32Array.from(batch.x.values)).set('y', Int32Array.from(batch.y))
        feeds.set('step', Uint32Array.of(step)).set('learning_rate', Float32Array.of(run.rates[step]))
        const out = await session.run(feeds)
        for (const { feed, fetch } of program.state) feeds.set(feed, out.get(fetch!)!)
        losses.push(out.get('loss')![0]!)
        norms.push(out.get('gradient_norm')![0]!)
      }
      await session.close()
      expect(difference(losses, run.losses)).toBeLessThan(5e-6)
      expect(difference(norms, run.norms)).toBeLessThan(2e-5)
      const after: [string, Given][] = [...Object.entries<Given>(run.after), ...Object.entries<Given>(run.slots)]
      expect(new Set(program.state.map(({ name }) => name))).toEqual(
        new Set(after.map(([name]) => nested(run.model, name))),
      )
      for (const [name, { values }] of after) {
        expect(difference(feeds.get(`state/${nested(run.model, name)}`)!, values), name).toBeLessThan(1e-4)
      }
      const test = traceEvaluation({
        model,
        outputs: ({ x }) => ({ outputs: { logits: model(x) }, terms: {} }),
        inputs: { x: inputs.x },
      })
      const evaluation = await openSession(test, { threads: 1 })
      const logits = await evaluation.run(feeds.set('x', Float32Array.from(run.batches[0].x.values)))
      await evaluation.close()
      expect(difference(logits.get('output/logits')!, run.logits.values)).toBeLessThan(1e-4)
    })
  }
})

describe('schedules', () => {
  const expected = read('schedules') as Record<string, number[]>
  const cases = {
    cosine: schedule.cosine({ peak: 0.3, end: 0.01 }),
    linear: schedule.linear({ peak: 0.3, end: 0.03 }),
  }
  for (const [name, { at }] of Object.entries(cases)) {
    test(name, () => {
      expect(
        difference(
          expected[name]!.map((_, step) => at(step, expected[name]!.length)),
          expected[name]!,
        ),
      ).toBeLessThan(1e-9)
    })
  }
  test('warm-up and cosine', () => {
    const { at } = schedule.cosine({ peak: 0.3, warmup: { steps: 4 } })
    // PyTorch's warm-up from a fifth in four steps is (step + 1)/5 of the peak; ours reaches the peak at its last step
    expect(
      difference(
        expected.warmed!.slice(4).map((_, i) => at(i + 4, 19)),
        expected.warmed!.slice(4),
      ),
    ).toBeLessThan(1e-9)
  })
})
