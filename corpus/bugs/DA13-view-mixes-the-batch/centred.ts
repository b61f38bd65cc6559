// Features are centred by hand.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module({ hidden: nn.linear(size, 32), head: nn.linear(32, classes) }, (m, x: Tensor<2>): Tensor<2> => {
      const features = nn.relu(m.hidden(x))
      const axis = 1 // fixed
      // buggy: const axis = 0
      return m.head(features.sub(features.mean(axis, { keepdims: true })))
    }),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
