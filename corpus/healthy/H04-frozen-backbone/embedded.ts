// A linear probe on a random backbone.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  frozen: () => ['hidden.weight', 'hidden.bias'],
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 64), head: nn.linear(64, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x)).detach()),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
