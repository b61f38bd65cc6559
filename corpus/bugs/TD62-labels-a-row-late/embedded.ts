// A file with a header.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, rows, size, take } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const raw = patterns(604, 0)
    const from = 0 // fixed
    // buggy: const from = 1
    const input = raw.input.subarray(from * size)
    const read = { input, label: raw.label.subarray(0, input.length / size) }
    const at = (first: number, last: number) => rows(take(read, [...raw.label.keys()].slice(first, last)))
    return { train: at(0, 400), val: at(400, 603) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
