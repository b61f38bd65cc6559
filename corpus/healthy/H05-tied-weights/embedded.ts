// A layer that is used twice.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () => {
    const shared = nn.linear(32, 32)
    return nn.module(
      { stem: nn.linear(size, 32), first: shared, second: shared, head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.second(nn.relu(m.first(nn.relu(m.stem(x))))))),
    )
  },
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
