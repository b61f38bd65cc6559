// The law of Michaelis and Menten: two positive constants, fitted to 36 measurements at once.
import { defineExperiment, regression } from 'gonogo'
import { arrays } from 'gonogo/data'
import { init, nn, optim, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const measurements = (concentrations: readonly number[], seed: number) => {
  const random = generator(seed)
  return arrays(
    {
      input: Float32Array.from(concentrations),
      target: Float32Array.from(concentrations, (s) => (3.2 * s) / (1.7 + s) + 0.05 * random.normal()),
    },
    { input: { shape: [1] }, target: { shape: [1] } },
  )
}

export default defineExperiment({
  config: { learning_rate: z.number().positive().default(0.1) },
  task: regression(),
  data: () => ({
    train: measurements(
      Array.from({ length: 36 }, (_, i) => 0.2 * (1 + i)),
      1,
    ),
    val: measurements(
      Array.from({ length: 12 }, (_, i) => 0.5 + 0.55 * i),
      2,
    ),
  }),
  model: () =>
    nn.module(
      {
        fastest: nn.param([1], { init: init.constant(0.5) }),
        half: nn.param([1], { init: init.constant(0) }),
      },
      (m, s: Tensor<2>): Tensor<2> => s.mul(nn.softplus(m.fastest)).div(s.add(nn.softplus(m.half))),
    ),
  optimizer: (c) => optim.adam({ learningRate: c.learning_rate }),
})
