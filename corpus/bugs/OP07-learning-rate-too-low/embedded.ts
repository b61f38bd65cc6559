// Adam from scratch.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

const peak = 5e-3 // fixed
// buggy: const peak = 1e-9

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak }) }),
})
