// How many claims a contract brings: a Poisson likelihood with the months it was held, for four regions.
import { custom, defineExperiment } from 'gonogo'
import { arrays, split } from 'gonogo/data'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const regions = 4

const join = (a: Tensor<2>, b: Tensor<2>): Tensor<2> => F.concat([a, b], 1)

const poisson = (mean: number, uniform: () => number): number => {
  let [count, product] = [0, uniform()]
  for (; product > Math.exp(-mean); count++) product *= uniform()
  return count
}

const contracts = (count: number) => {
  const random = generator(81)
  const age: number[] = []
  const power: number[] = []
  const region: number[] = []
  const years: number[] = []
  const claims: number[] = []
  for (let i = 0; i < count; i++) {
    age.push(18 + random.int(60))
    power.push(40 + random.int(160))
    region.push(random.int(regions))
    years.push((1 + random.int(24)) / 12)
    const risk = -0.4 + 0.9 * Math.exp(-((age[i] as number) - 18) / 10) + 0.006 * ((power[i] as number) - 110)
    const rate = Math.exp(risk + 0.3 * ((region[i] as number) - 1.5))
    claims.push(poisson(rate * (years[i] as number), random.uniform))
  }
  return arrays(
    {
      age: Float32Array.from(age),
      power: Float32Array.from(power),
      region: Int32Array.from(region),
      years: Float32Array.from(years),
      claims: Float32Array.from(claims),
    },
    { age: { shape: [1], mean: 47, std: 17 }, power: { shape: [1], mean: 119, std: 46 } },
  )
}

type Batch = {
  age: Tensor<2>
  power: Tensor<2>
  region: Tensor<1, 'int32'>
  years: Tensor<1>
  claims: Tensor<1>
}

export default defineExperiment({
  config: { hidden: z.int().default(24), learning_rate: z.number().positive().default(1e-2) },
  task: custom({ expect: { initial: {} } }),
  data: (_, { seed }) => split(contracts(900), { train: 650, val: 250 }, seed),
  model: ({ hidden }) =>
    nn.module(
      {
        region: nn.embedding(regions, 4),
        numbers: nn.linear(2, hidden),
        mix: nn.linear(hidden + 4, hidden),
        head: nn.linear(hidden, 1),
      },
      (m, age: Tensor<2>, power: Tensor<2>, region: Tensor<1, 'int32'>): Tensor<1> => {
        const numbers = nn.tanh(m.numbers(join(age, power)))
        return m.head(nn.tanh(m.mix(join(numbers, m.region(region))))).reshape([-1])
      },
    ),
  loss: (model, { age, power, region, years, claims }: Batch) => {
    const logRate = model(age, power, region).add(years.log())
    return { nll: logRate.exp().sub(claims.mul(logRate)).mean() }
  },
  optimizer: (c) => optim.adamw({ learningRate: schedule.cosine({ peak: c.learning_rate }), clipNorm: 5 }),
})
