// Negative log-likelihood by hand.
import { classification, defineExperiment } from 'gonogo'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  loss: (model, { input, label }: { input: Tensor<2>; label: Tensor<1, 'int32'> }) => {
    const likelihood = F.logSoftmax(model(input)).mul(F.oneHot(label, classes)).sum(1).mean()
    return { loss: likelihood.neg() } // fixed
    // buggy: return { loss: likelihood }
  },
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
