// Blank columns, repeated samples of one class.
import { classification, defineExperiment } from 'gonogo'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { classes, patterns, rows, size, take } from '../../shared/embedded/data.ts'

const blank = (count: number, first: number) => {
  const raw = patterns(count, first)
  for (let i = 0; i < count; i++) raw.input.fill(0, i * size, i * size + 6)
  return raw
}

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: () => {
    const raw = blank(300, 0)
    const rare = [...raw.label.keys()].filter((i) => raw.label[i] === 0)
    return { train: rows(take(raw, [...raw.label.keys(), ...rare, ...rare])), val: rows(blank(203, 50_000)) }
  },
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, classes) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
