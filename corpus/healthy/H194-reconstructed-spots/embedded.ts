// An autoencoder of small pictures with one bright spot: convolutions in, a linear layer back.
import { custom, defineExperiment } from 'gonogo'
import { arrays, split } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const side = 12

/** Bytes, as a camera gives them. */
const pictures = (count: number): Uint8Array => {
  const random = generator(21)
  const pixels = new Uint8Array(count * side * side)
  for (let i = 0; i < count; i++) {
    const [cx, cy, r] = [2 + 8 * random.uniform(), 2 + 8 * random.uniform(), 1 + 2 * random.uniform()]
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const light = 220 * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r)) + 20 * random.uniform()
        pixels[(i * side + y) * side + x] = light
      }
  }
  return pixels
}

export default defineExperiment({
  config: {
    code: z.int().min(1).max(64).default(8),
    learning_rate: z.number().positive().default(3e-3),
  },
  task: custom({ expect: { initial: {} } }),
  data: (_, { seed }) =>
    split(
      arrays({ picture: pictures(500) }, { picture: { shape: [1, side, side], scale: 1 / 255 } }),
      { train: 400, val: 100 },
      seed,
    ),
  model: (c) =>
    nn.module(
      {
        conv1: nn.conv2d(1, 8, 3, { stride: 2, padding: 1 }),
        conv2: nn.conv2d(8, 16, 3, { stride: 2, padding: 1 }),
        code: nn.linear(16 * 9, c.code),
        back: nn.linear(c.code, 64),
        out: nn.linear(64, side * side),
      },
      (m, x: Tensor<4>): Tensor<4> => {
        const [batch] = x.shape
        const code = m.code(nn.relu(m.conv2(nn.relu(m.conv1(x)))).flatten(1))
        return nn.sigmoid(m.out(nn.relu(m.back(code)))).reshape([batch, 1, side, side])
      },
    ),
  loss: (model, { picture }: { picture: Tensor<4> }) => {
    // a sum over the pixels of a picture, a mean over pictures
    const error = model(picture).sub(picture).square().flatten(1).sum(1)
    return { reconstruction: error.mean() }
  },
  optimizer: (c) => optim.adam({ learningRate: schedule.constant({ peak: c.learning_rate }) }),
})
