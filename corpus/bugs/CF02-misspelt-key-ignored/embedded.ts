// Options of the optimizer as a map of their own.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {
    optimizer: z.strictObject({ weight_decay: z.number().min(0).default(0.01) }).prefault({}), // fixed
    // buggy: optimizer: z.looseObject({ weight_decay: z.number().min(0).default(0.01) }).prefault({}),
  },
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: (c) =>
    optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }), weightDecay: c.optimizer.weight_decay }),
})
