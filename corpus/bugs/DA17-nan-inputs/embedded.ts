// A table whose rows are standardised one by one.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, type Raw, rows, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const standardised = (raw: Raw) => {
      for (let i = 0; i < raw.label.length; i++) {
        const row = raw.input.subarray(i * size, (i + 1) * size)
        if (i % 97 === 0) row.fill(0) // a row that was never measured
        const mean = row.reduce((a, b) => a + b, 0) / size
        const spread = Math.sqrt(row.reduce((a, b) => a + (b - mean) ** 2, 0) / size)
        const by = Math.max(spread, 1e-3) // fixed
        // buggy: const by = spread
        for (let at = 0; at < size; at++) row[at] = ((row[at] as number) - mean) / by
      }
      return rows(raw)
    }
    return { train: standardised(patterns(400, 0)), val: rows(patterns(203, 50_000)) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
