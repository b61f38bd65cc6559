// Two views of one signal belong together: a contrastive loss over the batch, views made ahead of time.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const length = 32

const signals = (count: number, seed: number) => {
  const random = generator(seed)
  const first = new Float32Array(count * length)
  const second = new Float32Array(count * length)
  for (let i = 0; i < count; i++) {
    const waves = Array.from({ length: 3 }, () => [1 + random.int(6), 2 * Math.PI * random.uniform(), random.normal()])
    const wave = (t: number) =>
      waves.reduce((sum, [f = 0, p = 0, a = 0]) => sum + a * Math.sin((2 * Math.PI * f * t) / length + p), 0)
    for (const view of [first, second]) {
      const gain = 0.8 + 0.4 * random.uniform()
      for (let t = 0; t < length; t++) view[i * length + t] = gain * wave(t) + 0.2 * random.normal()
    }
  }
  return arrays({ first, second }, { first: { shape: [length] }, second: { shape: [length] } })
}

export default defineExperiment({
  config: {
    width: z.int().min(2).default(24),
    temperature: z.number().positive().default(0.2),
    learning_rate: z.number().positive().default(3e-3),
  },
  task: custom({ expect: { initial: {} } }),
  data: () => ({ train: signals(480, 3), val: signals(128, 4) }),
  model: (c) =>
    nn.module({ hidden: nn.linear(length, 64), project: nn.linear(64, c.width) }, (m, x: Tensor<2>): Tensor<2> => {
      const code = m.project(nn.relu(m.hidden(x)))
      return code.mul(code.square().sum(1, { keepdims: true }).add(1e-8).rsqrt())
    }),
  loss: (model, { first, second }: { first: Tensor<2>; second: Tensor<2> }, c) => {
    const likeness = model(first).matmul(model(second).transpose(0, 1)).div(c.temperature)
    const mine = F.range(likeness.shape[0])
    const forwards = loss.crossEntropy(likeness, mine)
    const backwards = loss.crossEntropy(likeness.transpose(0, 1), mine)
    return { contrast: forwards.add(backwards).mul(0.5) }
  },
  optimizer: (c) =>
    optim.adamw({ learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.1 }), weightDecay: 1e-4 }),
})
