// Two outputs, one of them a hundred times the other.
import { defineExperiment, regression } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { noise } from '../../shared/embedded/data.ts'

const samples = (count: number, first: number) => {
  const input = Float32Array.from({ length: 3 * count }, (_, i) => 2 * noise(first + i))
  const target = new Float32Array(2 * count)
  for (let i = 0; i < count; i++) {
    const [a = 0, b = 0, c = 0] = input.subarray(3 * i, 3 * i + 3)
    target.set([a * b + c, 100 * (a - b)], 2 * i)
  }
  return arrays({ input, target }, { input: { shape: [3] }, target: { shape: [2] } })
}

export default defineExperiment({
  config: {},
  task: regression({ outputs: 2 }),
  data: () => ({ train: samples(320, 0), val: samples(103, 50_000) }),
  model: () =>
    nn.module(
      { hidden: nn.linear(3, 64), head: nn.linear(64, 2) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.relu(m.hidden(x))),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
})
