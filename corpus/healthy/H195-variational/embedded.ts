// A variational autoencoder of two rings in eight dimensions.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, random, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const size = 8

const rings = (count: number, seed: number) => {
  const draw = generator(seed)
  const mixing = generator(99)
  const mix = Array.from({ length: 3 * size }, () => mixing.normal())
  const points = new Float32Array(count * size)
  for (let i = 0; i < count; i++) {
    const angle = 2 * Math.PI * draw.uniform()
    const radius = draw.uniform() < 0.5 ? 1 : 2
    const inner = [radius * Math.cos(angle), radius * Math.sin(angle), radius - 1.5]
    for (let at = 0; at < size; at++)
      points[i * size + at] =
        inner.reduce((sum, value, j) => sum + value * (mix[j * size + at] as number), 0) / 2 + 0.05 * draw.normal()
  }
  return arrays({ point: points }, { point: { shape: [size] } })
}

export default defineExperiment({
  config: {
    code: z.int().min(1).default(3),
    beta: z.number().min(0).default(0.5),
    learning_rate: z.number().positive().default(4e-3),
  },
  task: custom({ expect: { initial: {} } }),
  data: () => ({ train: rings(500, 1), val: rings(150, 2) }),
  model: (c) =>
    nn.module(
      {
        encoder: nn.linear(size, 64),
        mean: nn.linear(64, c.code),
        logVariance: nn.linear(64, c.code),
        decoder: nn.linear(c.code, 64),
        out: nn.linear(64, size),
      },
      (m, x: Tensor<2>): { mean: Tensor<2>; logVariance: Tensor<2>; out: Tensor<2> } => {
        const hidden = nn.relu(m.encoder(x))
        const [mean, logVariance] = [m.mean(hidden), m.logVariance(hidden)]
        const noise = nn.isTraining() ? random.normal('code', [x.shape[0], c.code]) : mean.mul(0)
        const code = mean.add(logVariance.mul(0.5).exp().mul(noise))
        return { mean, logVariance, out: m.out(nn.relu(m.decoder(code))) }
      },
    ),
  loss: (model, { point }: { point: Tensor<2> }, c) => {
    const { mean, logVariance, out } = model(point)
    const reconstruction = out.sub(point).square().sum(1).mean()
    const divergence = mean.square().add(logVariance.exp()).sub(logVariance).sub(1).mul(0.5).sum(1).mean()
    return { reconstruction, divergence: divergence.mul(c.beta) }
  },
  optimizer: (c) => optim.adam({ learningRate: schedule.cosine({ peak: c.learning_rate }), clipNorm: 5 }),
})
