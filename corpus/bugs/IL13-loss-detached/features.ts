// A body whose output is cut off from the head's gradient, as cached features are.
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
      return m.head(features) // fixed
      // buggy: return m.head(features.detach())
    }),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
