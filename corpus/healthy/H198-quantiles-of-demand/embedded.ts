// Hourly demand of bicycles, in hundreds: the tenth, the middle and the ninetieth of a hundred.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const quantiles = [0.1, 0.5, 0.9]

const hours = () => {
  const random = generator(17)
  return Array.from({ length: 28 * 24 }, (_, i) => {
    const [hour, day] = [i % 24, Math.floor(i / 24) % 7]
    const warm = 12 + 8 * Math.sin((2 * Math.PI * (hour - 9)) / 24) + 3 * random.normal()
    const rain = random.uniform() < 0.2 ? 1 : 0
    const rush = Math.exp(-((hour - 8) ** 2) / 4) + Math.exp(-((hour - 17) ** 2) / 6)
    const base = 1 + (day < 5 ? 3 * rush : 1.5 * Math.exp(-((hour - 14) ** 2) / 18)) + 0.05 * warm
    const demand = base * (rain ? 0.5 : 1) * Math.exp(0.25 * random.normal())
    const [u, v] = [(2 * Math.PI * hour) / 24, (2 * Math.PI * day) / 7]
    return { input: [Math.sin(u), Math.cos(u), Math.sin(v), Math.cos(v), (warm - 12) / 6, rain], demand }
  })
}

type Hour = ReturnType<typeof hours>[number]

const rows = (chosen: readonly Hour[]) =>
  arrays(
    {
      input: Float32Array.from(chosen.flatMap(({ input }) => input)),
      demand: Float32Array.from(chosen, ({ demand }) => demand),
    },
    { input: { shape: [6] }, demand: { shape: [1] } },
  )

export default defineExperiment({
  config: { hidden: z.int().default(32), learning_rate: z.number().positive().default(1e-2) },
  task: custom({ expect: { initial: {} } }),
  data: () => {
    // the last week is what is forecast
    const all = hours()
    return { train: rows(all.slice(0, 21 * 24)), val: rows(all.slice(21 * 24)) }
  },
  model: (c) =>
    nn.module(
      {
        first: nn.linear(6, c.hidden),
        second: nn.linear(c.hidden, c.hidden),
        head: nn.linear(c.hidden, quantiles.length),
      },
      (m, x: Tensor<2>): Tensor<2> => {
        const [low, step1, step2] = m.head(nn.relu(m.second(nn.relu(m.first(x))))).split(3, 1)
        // quantiles never cross
        const middle = low.add(nn.softplus(step1))
        return F.concat([low, middle, middle.add(nn.softplus(step2))], 1)
      },
    ),
  loss: (model, { input, demand }: { input: Tensor<2>; demand: Tensor<2> }) => {
    const short = demand.sub(model(input)).split(3, 1)
    const pinball = short.map((d, i) => d.mul(quantiles[i] as number).maximum(d.mul((quantiles[i] as number) - 1)))
    return { pinball: F.concat(pinball, 1).mean() }
  },
  optimizer: (c) => optim.adam({ learningRate: schedule.linear({ peak: c.learning_rate, warmup: 0.05 }) }),
})
