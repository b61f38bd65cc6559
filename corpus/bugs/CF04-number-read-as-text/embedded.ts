// A rate that people write in many ways.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {
    learning_rate: z.number().positive().default(5e-3), // fixed
    // buggy: learning_rate: z.union([z.number(), z.string()]).default(5e-3),
  },
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: (c) => optim.adamw({ learningRate: schedule.cosine({ peak: Number(c.learning_rate) }) }),
})
