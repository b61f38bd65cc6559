// Rows of a file, shuffled before they are split.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, order, patterns, rows, size, take } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const raw = patterns(603, 0)
    const mixed = order(603, 3)
    const shuffled = take(raw, mixed) // fixed
    // buggy: const shuffled = { input: take(raw, mixed).input, label: raw.label }
    const at = (from: number, to: number) => rows(take(shuffled, mixed.map((_, i) => i).slice(from, to)))
    return { train: at(0, 400), val: at(400, 603) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
