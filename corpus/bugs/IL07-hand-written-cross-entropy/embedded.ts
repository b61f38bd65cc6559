// Cross-entropy by hand, on inputs of some size.
import { classification, defineExperiment } from 'gonogo'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 64), head: nn.linear(64, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x.mul(8)))),
    ),
  loss: (model, { input, label }: { input: Tensor<2>; label: Tensor<1, 'int32'> }) => {
    const logits = model(input)
    const picked = F.oneHot(label, classes)
    const log = F.logSoftmax(logits) // fixed
    // buggy: const log = nn.softmax(logits).log()
    return { loss: log.mul(picked).sum(1).mean().neg() }
  },
  optimizer: () => optim.sgd({ learningRate: schedule.constant({ peak: 0.1 }), momentum: 0.9 }),
})
