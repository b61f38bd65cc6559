// A warm-up by the config.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: { warmup: z.number().min(0).max(1).default(0.1) },
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: (c) => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3, warmup: c.warmup }) }), // fixed
  // buggy: optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3, warmup: 0.1 }) }),
})
