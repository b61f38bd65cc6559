// The kind of a fruit and its weight in grams from spectra: two heads, each loss with an uncertainty of its own.
import { custom, defineExperiment } from 'gonogo'
import { arrays, split } from 'gonogo/data'
import { loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const [channels, kinds] = [24, 4]
const grams = [120, 180, 75, 210]

const fruits = (count: number) => {
  const random = generator(61)
  const spectrum = new Float32Array(count * channels)
  const kind = new Uint8Array(count)
  const weight = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const k = random.int(kinds)
    const ripe = random.normal()
    kind[i] = k
    weight[i] = (grams[k] as number) + 15 * ripe + 4 * random.normal()
    for (let at = 0; at < channels; at++)
      spectrum[i * channels + at] =
        0.4 + 0.2 * Math.sin(0.5 * at + 1.5 * k) + 0.05 * ripe * Math.cos(0.3 * at) + 0.04 * random.normal()
  }
  return arrays(
    { spectrum, kind, weight },
    {
      spectrum: { shape: [channels], mean: 0.4, std: 0.16 },
      weight: { shape: [1], mean: 146, std: 55 },
    },
  )
}

type Batch = { spectrum: Tensor<2>; kind: Tensor<1, 'int32'>; weight: Tensor<2> }

export default defineExperiment({
  config: { hidden: z.int().default(40), learning_rate: z.number().positive().default(5e-3) },
  task: custom({ expect: { initial: { kind: Math.log(kinds) } } }),
  data: (_, { seed }) => split(fruits(560), { train: 420, val: 140 }, seed),
  model: ({ hidden }) =>
    nn.module(
      {
        trunk: nn.sequential(nn.linear(channels, hidden), nn.relu, nn.linear(hidden, hidden), nn.relu),
        kind: nn.linear(hidden, kinds),
        weight: nn.linear(hidden, 1),
        doubt: nn.param([2], { role: 'bias' }),
      },
      (m, x: Tensor<2>): { kind: Tensor<2>; weight: Tensor<2>; doubt: Tensor<1> } => {
        const shared = m.trunk(x)
        return { kind: m.kind(shared), weight: m.weight(shared), doubt: m.doubt }
      },
    ),
  loss: (model, batch: Batch) => {
    const out = model(batch.spectrum)
    const [first, second] = out.doubt.unbind(2)
    return {
      kind: loss.crossEntropy(out.kind, batch.kind).mul(first.neg().exp()).add(first.mul(0.5)),
      weight: loss.mse(out.weight, batch.weight).mul(second.neg().exp()).mul(0.5).add(second.mul(0.5)),
    }
  },
  optimizer: (c) => optim.adamw({ learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.05 }) }),
})
