// A residual branch that ends in zeros.
import { classification, defineExperiment } from 'gonogo'
import { init, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      {
        hidden: nn.linear(size, 32),
        up: nn.linear(32, 64),
        down: nn.param([64, 32], { init: init.zeros() }),
        head: nn.linear(32, classes),
      },
      (m, x: Tensor<2>): Tensor<2> => {
        const y = nn.relu(m.hidden(x))
        return m.head(y.add(nn.relu(m.up(y)).matmul(m.down)))
      },
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
