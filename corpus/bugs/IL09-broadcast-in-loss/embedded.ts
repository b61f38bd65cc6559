// A regression with the square written out.
import { defineExperiment, regression } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { curves } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: regression({ outputs: 1 }),
  data: curves,
  model: () =>
    nn.module(
      { hidden: nn.linear(3, 64), head: nn.linear(64, 1) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.tanh(m.hidden(x))),
    ),
  loss: (model, { input, target }: { input: Tensor<2>; target: Tensor<2> }) => {
    const against = target // fixed
    // buggy: const against = target.flatten(0)
    return { loss: model(input).sub(against).square().mean() }
  },
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
})
