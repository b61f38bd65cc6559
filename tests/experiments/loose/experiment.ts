// An experiment whose config takes too much: unknown keys, text for a number, any text at all.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const data = (samples: number) =>
  arrays(
    {
      input: Float32Array.from({ length: samples }, (_, i) => i % 2),
      label: Int32Array.from({ length: samples }, (_, i) => i % 2),
    },
    { input: { shape: [1] } },
  )

export default defineExperiment({
  config: z.looseObject({ rate: z.any().default(0.01), note: z.string().default('') }) as never,
  task: classification({ classes: 2 }),
  data: () => ({ train: data(64), val: data(21) }),
  model: () => nn.module({ head: nn.linear(1, 2) }, (m, x: Tensor<2>) => m.head(x)),
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
})
