// Weights of the hidden layers by hand.
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
        weight: nn.param([size, 32], { init: start }),
        bias: nn.param([32], { role: 'bias', init: init.zeros() }),
        head: nn.linear(32, classes),
      },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.tanh(x.matmul(m.weight).add(m.bias))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
