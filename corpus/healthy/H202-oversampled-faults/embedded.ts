// Faults of a machine from its vibrations: three classes, the rare two repeated in training until all are as many.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const [bands, classes] = [20, 3]
type Sample = { readonly bands: readonly number[]; readonly fault: number }

const recordings = (count: number): Sample[] => {
  const random = generator(41)
  return Array.from({ length: count }, () => {
    const u = random.uniform()
    const fault = u < 0.8 ? 0 : u < 0.93 ? 1 : 2
    const level = (at: number) => (fault === 1 && at % 5 === 2 ? 1.6 : fault === 2 && at > 13 ? 1 : 0)
    return { bands: Array.from({ length: bands }, (_, at) => level(at) + 0.8 * random.normal()), fault }
  })
}

const balanced = (samples: readonly Sample[]): Sample[] => {
  const of = Array.from({ length: classes }, (_, fault) => samples.filter((sample) => sample.fault === fault))
  const most = Math.max(...of.map(({ length }) => length))
  return of.flatMap((group) => Array.from({ length: most }, (_, i) => group[i % group.length] as Sample))
}

const rows = (samples: readonly Sample[]) =>
  arrays(
    {
      input: Float32Array.from(samples.flatMap((sample) => sample.bands)),
      label: Int32Array.from(samples, ({ fault }) => fault),
    },
    { input: { shape: [bands] } },
  )

export default defineExperiment({
  config: {
    dropout: z.number().min(0).lt(1).default(0.2),
    learning_rate: z.number().positive().default(5e-3),
    momentum: z.number().min(0).lt(1).default(0.9),
  },
  task: classification({ classes, smoothing: 0.05 }),
  data: () => {
    const samples = generator(5).shuffled(recordings(600))
    return { train: rows(balanced(samples.slice(0, 420))), val: rows(samples.slice(420)) }
  },
  model: (c) => {
    const block = (from: number, to: number) =>
      nn.sequential(nn.linear(from, to, { bias: false }), nn.batchNorm1d(to), nn.relu, nn.dropout(c.dropout))
    return nn.sequential(block(bands, 48), block(48, 24), nn.linear(24, classes))
  },
  optimizer: (c) =>
    optim.sgd({
      learningRate: schedule.cosine({ peak: 10 * c.learning_rate, warmup: 0.1 }),
      momentum: c.momentum,
      nesterov: true,
      weightDecay: 5e-4,
    }),
})
