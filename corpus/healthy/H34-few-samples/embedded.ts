// A set as small as some in medicine.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, rows, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => ({ train: rows(patterns(40, 0)), val: rows(patterns(7, 50_000)) }),
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), drop: nn.dropout(0.1), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(m.drop(nn.relu(m.hidden(x)))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
