// The last third is held out.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, rows, size, take } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const raw = patterns(603, 0)
    const all = [...raw.label.keys()]
    const held = all.slice(400) // fixed
    // buggy: const held = all.slice(0, 203)
    return { train: rows(take(raw, all.slice(0, 400))), val: rows(take(raw, held)) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
