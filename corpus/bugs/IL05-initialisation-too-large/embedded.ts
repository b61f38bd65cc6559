// Weights by hand.
import { classification, defineExperiment } from 'gonogo'
import { init, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

const drawn = (fan: number) => init.normal(0, 1 / Math.sqrt(fan)) // fixed
// buggy: const drawn = (_: number) => init.normal(0, 1)

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { first: nn.param([size, 64], { init: drawn(size) }), second: nn.param([64, classes], { init: drawn(64) }) },
      (m, x: Tensor<2>): Tensor<2> => nn.relu(x.matmul(m.first)).matmul(m.second),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
