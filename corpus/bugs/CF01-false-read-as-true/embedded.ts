// A switch for dropout.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {
    dropout: z.boolean().default(true), // fixed
    // buggy: dropout: z.any().default(true),
  },
  task: classification({ classes }),
  data: both,
  model: (c) =>
    nn.module(
      { hidden: nn.linear(size, 32), drop: nn.dropout(c.dropout ? 0.2 : 0), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(m.drop(nn.relu(m.hidden(x)))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
