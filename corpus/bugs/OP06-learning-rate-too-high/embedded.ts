// Plain descent with a long warm-up.
import { defineExperiment, regression } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { curves } from '../../shared/embedded/data.ts'

const peak = 0.05 // fixed
// buggy: const peak = 5

export default defineExperiment({
  config: {},
  task: regression({ outputs: 1 }),
  data: curves,
  model: () =>
    nn.module(
      { hidden: nn.linear(3, 64), head: nn.linear(64, 1) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.sgd({ learningRate: schedule.cosine({ peak, warmup: 0.5 }), momentum: 0.9 }),
})
