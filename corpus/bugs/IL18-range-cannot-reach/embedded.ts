// A regression whose targets go from −3 to 4.
import { defineExperiment, regression } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { curves } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: regression({ outputs: 1 }),
  data: curves,
  model: () =>
    nn.module({ hidden: nn.linear(3, 64), head: nn.linear(64, 1) }, (m, x: Tensor<2>): Tensor<2> => {
      const y = m.head(nn.tanh(m.hidden(x)))
      return y // fixed
      // buggy: return nn.tanh(y)
    }),
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
})
