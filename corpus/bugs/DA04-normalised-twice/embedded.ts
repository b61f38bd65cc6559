// Bytes, divided by 255 in place.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, rows, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const read = (count: number, first: number) => {
      const raw = patterns(count, first)
      for (const [i, value] of raw.input.entries()) raw.input[i] = (value * 30 + 128) / 255
      return raw
    }
    const train = read(400, 0)
    // buggy: for (const [i, value] of train.input.entries()) train.input[i] = value / 255
    const val = read(203, 50_000)
    return { train: rows(train), val: rows(val) } // fixed
    // buggy: return { train: rows(train), val: rows(val) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
