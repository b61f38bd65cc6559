// A regression on three numbers with a loss of its own, healthy and broken; `linear` cannot fit, and that is no fault.
import { defineExperiment, regression } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const noise = (i: number) => {
  const x = Math.sin(78.233 * (i + 1)) * 43758.5453
  return 2 * (x - Math.floor(x)) - 1
}

const samples = (count: number, first: number) => {
  const input = new Float32Array(3 * count)
  const target = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    for (let at = 0; at < 3; at++) input[3 * i + at] = noise(first + 3 * i + at)
    const [a = 0, b = 0, c = 0] = input.subarray(3 * i, 3 * i + 3)
    target[i] = 3 * a * b + Math.sin(3 * c) + 0.5
  }
  return arrays({ input, target }, { input: { shape: [3] }, target: { shape: [1] } })
}

export default defineExperiment({
  config: {
    kind: z.enum(['healthy', 'linear', 'broadcast', 'bounded', 'one-unit-softmax']).default('healthy'),
  },
  task: regression({ outputs: 1 }),
  data: () => ({ train: samples(320, 0), val: samples(103, 50_000) }),
  model: (c) =>
    nn.module(
      { hidden: nn.linear(3, 64), head: nn.linear(64, 1), straight: nn.linear(3, 1) },
      (m, x: Tensor<2>): Tensor<2> => {
        if (c.kind === 'linear') return m.straight(x)
        const y = m.head(nn.relu(m.hidden(x)))
        if (c.kind === 'one-unit-softmax') return nn.softmax(y)
        return c.kind === 'bounded' ? nn.sigmoid(y) : y
      },
    ),
  loss: (model, { input, target }: { input: Tensor<2>; target: Tensor<2> }, c) => {
    const output = model(input)
    const against = c.kind === 'broadcast' ? target.flatten(0) : target
    return {
      loss: output
        .sub(against as Tensor<2>)
        .square()
        .mean(),
    }
  },
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
})
