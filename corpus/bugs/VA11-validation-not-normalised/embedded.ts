// Bytes, standardised by the statistics of the training set.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, type Raw, rows, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const bytes = (count: number, first: number) => {
      const raw = patterns(count, first)
      for (const [i, value] of raw.input.entries()) raw.input[i] = Math.round(value * 24 + 128)
      return raw
    }
    const standardised = (raw: Raw) => {
      for (const [i, value] of raw.input.entries()) raw.input[i] = (value - 128) / 24
      return rows(raw)
    }
    const val = bytes(203, 50_000)
    return { train: standardised(bytes(400, 0)), val: standardised(val) } // fixed
    // buggy: return { train: standardised(bytes(400, 0)), val: rows(val) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
