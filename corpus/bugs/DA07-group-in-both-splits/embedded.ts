// Recordings of eight frames that hardly differ.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, noise, patterns, rows, size, take } from '../../shared/embedded/data.ts'
// buggy: import { order } from '../../shared/embedded/data.ts'

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const raw = patterns(76, 0)
    const frames = Array.from({ length: 603 }, (_, i) => i)
    const all = take(
      raw,
      frames.map((i) => i >> 3),
    )
    for (const [i, value] of all.input.entries()) all.input[i] = value + 1e-3 * noise(900_000 + i)
    const mixed = frames // fixed
    // buggy: const mixed = order(603, 3)
    return { train: rows(take(all, mixed.slice(0, 400))), val: rows(take(all, mixed.slice(400))) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
