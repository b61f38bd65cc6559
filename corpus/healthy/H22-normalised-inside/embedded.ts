// Bytes, divided in the first line of the model.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, rows, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const read = (count: number, first: number) => {
      const raw = patterns(count, first)
      for (const [i, value] of raw.input.entries()) raw.input[i] = Math.round(value * 24 + 128)
      return rows(raw)
    }
    return { train: read(400, 0), val: read(203, 50_000) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x.sub(128).div(24)))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
