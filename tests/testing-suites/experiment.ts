// Four clouds of points in the plane and one linear layer: an experiment whose checks take seconds.
// `gain` multiplies the logits: 1 is healthy, 100 makes the first loss far too high.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

/** Class = sample mod 4; the points of a class lie on a small spiral around its corner of a square. */
const clouds = (samples: number, turn: number) => {
  const input = new Float32Array(2 * samples)
  const label = new Int32Array(samples)
  for (let i = 0; i < samples; i++) {
    const angle = turn + 0.7 * i
    const radius = 0.3 * ((i % 16) / 16)
    label[i] = i % 4
    input[2 * i] = (i % 2 === 0 ? 1 : -1) + radius * Math.cos(angle)
    input[2 * i + 1] = (i % 4 < 2 ? 1 : -1) + radius * Math.sin(angle)
  }
  return arrays({ input, label }, { input: { shape: [2] } })
}

export default defineExperiment({
  config: { gain: z.number().positive().default(1) },
  task: classification({ classes: 4 }),
  data: () => ({ train: clouds(512, 0), val: clouds(128, 0.3) }),
  model: (c) => nn.module({ head: nn.linear(2, 4) }, (m, x: Tensor<2>) => m.head(x).mul(c.gain)),
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
})
