// One set, two slices of a shuffled order.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, order, patterns, rows, size, take } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const raw = patterns(603, 0)
    const mixed = order(603, 3)
    const again = mixed // fixed
    // buggy: const again = order(603, 4)
    return { train: rows(take(raw, mixed.slice(0, 400))), val: rows(take(raw, again.slice(400))) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
