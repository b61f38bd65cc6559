// Training programs as the engine sees them: learning, determinism, freezing, unreached parameters, ties, clipping.
// Numbers against PyTorch are in goldens/.
import { describe, expect, test } from 'vitest'
import {
  named,
  openSession,
  type TrainingOptions,
  traceEvaluation,
  traceGradients,
  traceTraining,
  traceUpdate,
  type Values,
} from './compile.ts'
import { F, loss, nn, optim, random, type Tensor } from './index.ts'
import { numbers } from './testing/bench.ts'
import { trainer } from './testing/train.ts'

const xor = {
  x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
  y: Int32Array.of(0, 1, 1, 0),
}
const xorInputs = { x: { shape: [4, 2], dtype: 'float32' }, y: { shape: [4], dtype: 'int32' } } as const
const mlp = () => nn.sequential(nn.linear(2, 16), nn.tanh, nn.linear(16, 2))
const xorOptions = (model: ReturnType<typeof mlp>, more: Partial<TrainingOptions> = {}): TrainingOptions => ({
  model,
  loss: ({ x, y }: { x: Tensor<2>; y: Tensor<1, 'int32'> }) => ({
    crossEntropy: loss.crossEntropy(model(x) as Tensor<2>, y),
  }),
  optimizer: optim.adamw({ learningRate: 0.05 }),
  inputs: xorInputs,
  regularise: true,
  observe: { gradients: false },
  ...more,
})

test('tiny: an MLP learns exclusive or', async () => {
  const model = mlp()
  const { step, session, feeds } = await trainer(traceTraining(xorOptions(model)), model)
  let last = 1
  for (let i = 0; i < 150; i++) last = (await step(xor, { step: i, rate: 0.05 })).get('loss')![0]!
  await session.close()
  expect(last).toBeLessThan(0.01)

  const program = traceEvaluation({
    model,
    outputs: ({ x, y }) => ({
      outputs: { class: model(x).argmax(-1) },
      terms: { crossEntropy: loss.crossEntropy(model(x) as Tensor<2>, y) },
    }),
    inputs: xorInputs,
  })
  expect(program.inputs.map(({ name }) => name)).not.toContain('seed')
  expect(program.state.every(({ fetch }) => fetch === null)).toBe(true)
  const evaluation = await openSession(program, { threads: 1 })
  const out = await evaluation.run(feeds)
  await evaluation.close()
  expect(Array.from(out.get('output/class')!)).toEqual([0, 1, 1, 0])
  expect(out.get('term/crossEntropy')![0]).toBeLessThan(0.01)
})

describe('a CNN with everything', () => {
  const model = nn.module(
    {
      stage: nn.sequential(
        nn.conv2d(1, 4, 3, { padding: 1, bias: false }),
        nn.batchNorm2d(4),
        nn.relu,
        nn.maxPool2d(2),
      ),
      dropout: nn.dropout(0.5),
      head: nn.linear(4 * 16, 3),
    },
    (m, x: Tensor<4>) => m.head(m.dropout(m.stage(x).flatten(1))),
  )
  const options: TrainingOptions = {
    model,
    loss: ({ x, y }) => ({ crossEntropy: loss.crossEntropy(model(x), y) }),
    optimizer: optim.sgd({ learningRate: 0.1, momentum: 0.9, clipNorm: 0.5 }),
    inputs: { x: { shape: [6, 1, 8, 8], dtype: 'float32' }, y: { shape: [6], dtype: 'int32' } },
    regularise: true,
    observe: { gradients: true },
  }
  const fields = { x: numbers(1, 6 * 64), y: Int32Array.of(0, 1, 2, 0, 1, 2) }

  async function run(steps: number, threads: number) {
    const made = await trainer(traceTraining(options), model, 5, threads)
    let out = new Map<string, Values>()
    for (let i = 0; i < steps; i++) out = await made.step(fields, { step: i, rate: 0.1 })
    await made.session.close()
    return { out, feeds: made.feeds }
  }

  test('two runs are bitwise equal', async () => {
    const [a, b] = [await run(4, 2), await run(4, 2)]
    for (const [name, values] of a.out) expect(b.out.get(name), name).toEqual(values)
  })

  test('names, kinds, norms and gradients', async () => {
    const program = traceTraining(options)
    expect(program.state.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'stage.0.weight parameter',
      'stage.0.weight.momentum_buffer optimizer',
      'stage.1.weight parameter',
      'stage.1.weight.momentum_buffer optimizer',
      'stage.1.bias parameter',
      'stage.1.bias.momentum_buffer optimizer',
      'head.weight parameter',
      'head.weight.momentum_buffer optimizer',
      'head.bias parameter',
      'head.bias.momentum_buffer optimizer',
      'stage.1.running_mean buffer',
      'stage.1.running_var buffer',
    ])
    expect(program.streams).toEqual(['dropout/dropout'])
    expect(program.unreached).toEqual([])
    const { out } = await run(1, 1)
    const squares = program.outputs
      .filter(({ kind }) => kind === 'gradient')
      .flatMap(({ name }) => Array.from(out.get(name)!, (g) => g * g))
    const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0))
    expect(out.get('gradient_norm')![0]).toBeCloseTo(norm, 4)
    expect(norm).toBeGreaterThan(0.5)
    expect(out.get('clipped_norm')![0]).toBeCloseTo(0.5, 4)
  })

  test('regularise false leaves no noise and no dependence on the seed', async () => {
    const program = traceTraining({ ...options, regularise: false })
    expect(program.streams).toEqual([])
    const { step, session, feeds } = await trainer(program, model)
    const before = new Map(feeds)
    const first = await step(fields, { step: 0, rate: 0 })
    for (const [name, values] of before) feeds.set(name, values)
    const second = await step(fields, { step: 9, rate: 0, sampleIds: Uint32Array.of(9, 8, 7, 6, 5, 4) })
    await session.close()
    expect(second.get('loss')).toEqual(first.get('loss'))
  })

  test('frozen parameters get no update, and keep their places', () => {
    const program = traceTraining({ ...options, frozen: new Set(['head.weight']) })
    expect(program.state.filter(({ fetch }) => fetch === null).map(({ name }) => name)).toEqual([
      'head.weight',
      'head.weight.momentum_buffer',
    ])
    expect(program.outputs.map(({ name }) => name)).not.toContain('gradient/head.weight')
    expect(program.unreached).toEqual([])
  })

  test('tracing is fast, and ONNX nodes know their lines', () => {
    traceTraining(options)
    const before = process.cpuUsage()
    const program = traceTraining(options)
    // processor time, as the machine may be busy; 15 ms on an idle one
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(200)
    expect(program.nodes).toBeGreaterThan(50)
    const bytes = new TextDecoder('latin1').decode(program.onnx)
    const name = /Gemm\.\d+ head training\.test\.ts:\d+/.exec(bytes)?.[0]
    expect(name).toBeDefined()
    expect(program.siteOf(name!)).toMatch(/training\.test\.ts:\d+:\d+ \(head\)$/)
  })
})

test('parameters that the loss does not reach are reported and left', async () => {
  const model = nn.module({ used: nn.linear(2, 2), spare: nn.linear(2, 2) }, (m, x: Tensor<2>) => m.used(x))
  const program = traceTraining({
    ...xorOptions(mlp()),
    model,
    loss: ({ x }) => ({ square: model(x).square().mean() }),
  })
  expect(program.unreached).toEqual(['spare.weight', 'spare.bias'])
  const { step, session, feeds } = await trainer(program, model)
  const before = feeds.get('state/spare.weight')
  await step(xor, { step: 0, rate: 0.1 })
  await session.close()
  expect(feeds.get('state/spare.weight')).toBe(before)
})

test('a tied parameter has one name and the sum of its gradients', async () => {
  const shared = nn.linear(3, 3)
  const model = nn.module({ first: shared, second: shared }, (m, x: Tensor<2>) => m.second(m.first(x)))
  expect(named(model).map(({ path, tiedTo }) => [path, tiedTo])).toEqual([
    ['first.weight', undefined],
    ['first.bias', undefined],
    ['second.weight', 'first.weight'],
    ['second.bias', 'first.bias'],
  ])
  const program = traceTraining({
    model,
    loss: ({ x }) => ({ sum: model(x).sum() }),
    optimizer: optim.sgd({ learningRate: 1 }),
    inputs: { x: { shape: [1, 3], dtype: 'float32' } },
    regularise: true,
    observe: { gradients: true },
  })
  const { step, session, feeds } = await trainer(program, model)
  const weight = feeds.get('state/first.weight')!
  const out = await step({ x: Float32Array.of(1, 2, 3) }, { step: 0, rate: 0 })
  await session.close()
  // Σ over outputs of W(Wx + b) + b: the bias gets 1 from the second use, column sums of W from the first
  const columns = [0, 1, 2].map((j) => weight[j]! + weight[3 + j]! + weight[6 + j]!)
  expect(Array.from(out.get('gradient/first.bias')!, (value, j) => Math.abs(value - 1 - columns[j]!) < 1e-5)).toEqual([
    true,
    true,
    true,
  ])
})

test('a GPT with tied embedding, causal attention and dropout learns a sequence', async () => {
  const [vocabulary, width, heads, time, batch] = [7, 8, 2, 6, 4]
  const attention = nn.module({ qkv: nn.linear(width, 3 * width), out: nn.linear(width, width) }, (m, x: Tensor<3>) => {
    const [n, t] = x.shape
    const [q, k, v] = m
      .qkv(x)
      .reshape([n, t, 3, heads, width / heads])
      .permute([2, 0, 3, 1, 4])
      .unbind(3)
    const mixed = F.attention(q, k, v, { causal: true, dropout: 0.1 })
    return m.out(mixed.permute([0, 2, 1, 3]).reshape([n, t, width]))
  })
  const block = nn.module({ norm: nn.layerNorm(width), attention }, (m, x: Tensor<3>) => x.add(m.attention(m.norm(x))))
  const model = nn.module(
    {
      token: nn.embedding(vocabulary, width),
      position: nn.embedding(time, width),
      block: nn.list(1, () => block),
      norm: nn.layerNorm(width),
    },
    (m, ids: Tensor<2, 'int32'>) => {
      const x = m.token(ids).add(m.position(F.range(ids.shape[1])))
      return m.norm(m.block.reduce((h, layer) => layer(h), x)).matmul(m.token.weight.transpose(0, 1))
    },
  )
  const program = traceTraining({
    model,
    loss: ({ ids, next }) => ({ crossEntropy: loss.crossEntropy(model(ids), next) }),
    optimizer: optim.adamw({ learningRate: 0.02 }),
    inputs: { ids: { shape: [batch, time], dtype: 'int32' }, next: { shape: [batch, time], dtype: 'int32' } },
    regularise: true,
    observe: { gradients: false },
  })
  expect(program.streams).toEqual(['block.0.attention/attention'])
  const { step, session } = await trainer(program, model)
  const ids = Int32Array.from({ length: batch * time }, (_, i) => (3 * (i % time) + Math.floor(i / time)) % vocabulary)
  const losses: number[] = []
  for (let i = 0; i < 80; i++)
    losses.push(
      (await step({ ids, next: ids.map((id) => (id + 3) % vocabulary) }, { step: i, rate: 0.02 })).get('loss')![0]!,
    )
  await session.close()
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 4)
})

test('a VAE: named terms, and noise that an evaluation asks for', () => {
  const model = nn.module({ encoder: nn.linear(4, 4), decoder: nn.linear(2, 4) }, (m, x: Tensor<2>) => {
    const [mean, logVariance] = m.encoder(x).split(2, -1)
    const z = mean.add(logVariance.mul(0.5).exp().mul(random.normal('latent', mean.shape)))
    return { logits: m.decoder(z), mean, logVariance }
  })
  const terms = ({ x }: { x: Tensor<2> }) => {
    const { logits, mean, logVariance } = model(x)
    const kl = mean.square().add(logVariance.exp()).sub(logVariance).sub(1).mul(0.5)
    return { reconstruction: loss.bceWithLogits(logits, x).sum(-1).mean(), kl: kl.sum(-1).mean() }
  }
  const inputs = { x: { shape: [3, 4], dtype: 'float32' } } as const
  const training = traceTraining({
    model,
    loss: terms,
    optimizer: optim.adam({ learningRate: 1e-3 }),
    inputs,
    regularise: true,
    observe: { gradients: false },
  })
  expect(training.outputs.slice(0, 3).map(({ name }) => name)).toEqual(['loss', 'term/reconstruction', 'term/kl'])
  const evaluation = traceEvaluation({ model, outputs: (fields) => ({ outputs: {}, terms: terms(fields) }), inputs })
  expect(evaluation.inputs.filter(({ kind }) => kind === 'control').map(({ name }) => name)).toEqual([
    'step',
    'seed',
    'sample_ids',
  ])
})

test('accumulated gradients and one update equal one step over the whole batch', async () => {
  const model = mlp()
  const whole = await trainer(traceTraining(xorOptions(model)), model)
  await whole.step(xor, { step: 0, rate: 0.05 })
  const half = { x: { shape: [2, 2], dtype: 'float32' }, y: { shape: [2], dtype: 'int32' } } as const
  const passes = await trainer(traceGradients({ ...xorOptions(model), inputs: half }), model)
  const first = await passes.step({ x: xor.x.slice(0, 4), y: xor.y.slice(0, 2) }, { step: 0, rate: 0 })
  const second = await passes.step(
    { x: xor.x.slice(4), y: xor.y.slice(2) },
    { step: 0, rate: 0, sampleIds: Uint32Array.of(2, 3) },
  )
  const program = traceUpdate({ model, optimizer: optim.adamw({ learningRate: 0.05 }) })
  const means = program.inputs
    .filter(({ kind }) => kind === 'gradient')
    .map(({ name }) => [name, Float32Array.from(first.get(name)!, (g, i) => (g + second.get(name)![i]!) / 2)] as const)
  const update = await trainer(program, model)
  await update.step(Object.fromEntries(means), { step: 0, rate: 0.05 })
  await Promise.all([whole, passes, update].map(({ session }) => session.close()))
  for (const { feed } of program.state) {
    update.feeds.get(feed)!.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.feeds.get(feed)![i]!, 5)
    })
  }
})

test('a label out of range makes the loss NaN', async () => {
  const model = mlp()
  const { step, session } = await trainer(traceTraining(xorOptions(model)), model)
  for (const label of [2, -1]) {
    expect((await step({ ...xor, y: Int32Array.of(0, 1, label, 0) }, { step: 0, rate: 0 })).get('loss')![0]).toBeNaN()
  }
  await session.close()
})
