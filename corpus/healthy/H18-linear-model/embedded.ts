// Logistic regression on two of the values.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () => nn.module({ head: nn.linear(2, classes) }, (m, x: Tensor<2>): Tensor<2> => m.head(x.slice(1, 0, 2))),
  optimizer: () => optim.sgd({ learningRate: schedule.constant({ peak: 0.1 }) }),
})
