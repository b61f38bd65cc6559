// Weights by hand.
import { classification, defineExperiment } from 'gonogo'
import { init, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

const start = init.normal(0, 0.15) // fixed
// buggy: const start = init.constant(0.05)

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      {
        first: nn.param([size, 32], { init: start }),
        bias: nn.param([32], { role: 'bias', init: init.zeros() }),
        second: nn.param([32, classes], { init: start }),
      },
      (m, x: Tensor<2>): Tensor<2> => nn.tanh(x.matmul(m.first).add(m.bias)).matmul(m.second),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
