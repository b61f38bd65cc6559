// Rows of a picture as steps of time, time first.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module({ step: nn.linear(6, 8), head: nn.linear(48, classes) }, (m, x: Tensor<2>): Tensor<2> => {
      const [batch] = x.shape
      const steps = nn.relu(m.step(x.reshape([batch, 6, 6]).transpose(0, 1))) // [time, batch, 8]
      return m.head(steps.transpose(0, 1).reshape([batch, 48])) // fixed
      // buggy: return m.head(steps.reshape([batch, 48]))
    }),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
