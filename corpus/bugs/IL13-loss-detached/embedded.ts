// Two terms, one of which keeps the logits small.
import { classification, defineExperiment } from 'gonogo'
import { loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
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
    const logits = model(input)
    const seen = logits // fixed
    // buggy: const seen = logits.detach()
    return { fit: loss.crossEntropy(logits, label), spread: seen.square().mean().mul(1e-3) }
  },
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
