// The level of a river six hours ahead from the last day, in centimetres; the last weeks are what is validated.
import { defineExperiment, regression } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const [past, ahead] = [24, 6]

const hours = (count: number) => {
  const random = generator(71)
  const level: number[] = []
  const rain: number[] = []
  let [water, wet] = [0, 0]
  for (let t = 0; t < count; t++) {
    if (random.uniform() < 0.02) wet += 6 * random.uniform()
    wet *= 0.85
    water = 0.985 * water + 6 * wet
    rain.push(wet)
    level.push(180 + water + 4 * Math.sin((2 * Math.PI * t) / 12.4) + random.normal())
  }
  return { level, rain }
}

type Hours = ReturnType<typeof hours>

const windows = ({ level, rain }: Hours, from: number, to: number) => {
  const input: number[] = []
  const target: number[] = []
  for (let t = from + past; t + ahead <= to; t += 2) {
    const now = level[t - 1] as number
    for (let back = past; back > 0; back--) input.push(((level[t - back] as number) - now) / 20)
    for (let back = past; back > 0; back--) input.push(rain[t - back] as number)
    target.push(((level[t + ahead - 1] as number) - now) / 20)
  }
  return arrays(
    { input: Float32Array.from(input), target: Float32Array.from(target) },
    { input: { shape: [2, past] }, target: { shape: [1] } },
  )
}

export default defineExperiment({
  config: { hidden: z.int().default(48), learning_rate: z.number().positive().default(4e-3) },
  task: regression(),
  data: () => {
    const all = hours(1500)
    return { train: windows(all, 0, 1150), val: windows(all, 1150, 1500) }
  },
  model: (c) =>
    nn.module(
      { recent: nn.linear(2 * past, c.hidden), hidden: nn.linear(c.hidden, c.hidden), head: nn.linear(c.hidden, 1) },
      (m, x: Tensor<3>): Tensor<2> => {
        const first = nn.relu(m.recent(x.flatten(1)))
        return m.head(first.add(nn.relu(m.hidden(first))))
      },
    ),
  optimizer: (c) =>
    optim.adamw({
      learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.1 }),
      clipNorm: 5,
      weightDecay: 1e-3,
    }),
})
