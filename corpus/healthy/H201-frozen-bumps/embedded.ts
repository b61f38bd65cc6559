// A signal in space from random bumps that never move, and a head that does.
import { defineExperiment, regression } from 'gonogo'
import { arrays, split } from 'gonogo/data'
import { init, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const stations = (count: number) => {
  const random = generator(31)
  const input = new Float32Array(2 * count)
  const target = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const [x, y] = [random.uniform(), random.uniform()]
    input.set([x, y], 2 * i)
    target[i] = Math.sin(9 * x) * Math.cos(7 * y) + 0.3 * x + 0.05 * random.normal()
  }
  return arrays({ input, target }, { input: { shape: [2] }, target: { shape: [1] } })
}

export default defineExperiment({
  config: {
    bumps: z.int().default(100),
    sharpness: z.number().positive().default(60),
    learning_rate: z.number().positive().default(1e-2),
  },
  task: regression({ outputs: 1 }),
  data: (_, { seed }) => split(stations(520), { train: 400, val: 120 }, seed),
  model: (c) =>
    nn.module(
      {
        bumps: nn.module(
          {
            centre: nn.param([2, c.bumps], { init: init.uniform(-0.1, 1.1) }),
          },
          (m, x: Tensor<2>): Tensor<2> => {
            const away = x.reshape([-1, 2, 1]).sub(m.centre).square().sum(1)
            return away.mul(-c.sharpness).exp()
          },
        ),
        hidden: nn.linear(c.bumps, 64),
        head: nn.linear(64, 1),
      },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(m.bumps(x)))),
    ),
  frozen: () => ['bumps.'],
  optimizer: (c) =>
    optim.adam({ learningRate: schedule.cosine({ peak: c.learning_rate, end: 1e-4 }), weightDecay: 1e-5 }),
})
