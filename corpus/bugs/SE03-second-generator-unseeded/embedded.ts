// Noise is added once, while the data are read.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, noise, patterns, rows, size } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const noisy = patterns(400, 0)
    const drawn = (i: number) => noise(700_000 + i) // fixed
    // buggy: const drawn = () => Math.random() - 0.5
    for (const [i, value] of noisy.input.entries()) noisy.input[i] = value + 0.3 * drawn(i)
    return { train: rows(noisy), val: rows(patterns(203, 50_000)) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
