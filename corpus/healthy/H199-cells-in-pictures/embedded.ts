// Which pixels belong to a cell: a small network of convolutions, cross-entropy and a Dice term a picture.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const side = 14

const slides = (count: number, seed: number) => {
  const random = generator(seed)
  const picture = new Float32Array(count * side * side)
  const cell = new Uint8Array(count * side * side)
  for (let i = 0; i < count; i++) {
    const cells = Array.from({ length: 1 + random.int(3) }, () => [
      side * random.uniform(),
      side * random.uniform(),
      1.5 + 1.5 * random.uniform(),
    ])
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const inside = cells.some(([cx = 0, cy = 0, r = 0]) => (x - cx) ** 2 + (y - cy) ** 2 < r * r)
        const at = (i * side + y) * side + x
        cell[at] = inside ? 1 : 0
        picture[at] = (inside ? 150 : 90) + 25 * random.normal()
      }
  }
  return arrays(
    { picture, cell },
    {
      picture: { shape: [1, side, side], mean: 100, std: 35 },
      cell: { shape: [1, side, side], dtype: 'float32' },
    },
  )
}

export default defineExperiment({
  config: {
    width: z.int().default(12),
    dice: z.number().min(0).default(0.5),
    learning_rate: z.number().positive().default(5e-3),
  },
  task: custom({ expect: { initial: {} } }),
  data: () => ({ train: slides(200, 1), val: slides(50, 2) }),
  model: (c) => {
    const stage = (from: number, to: number) =>
      nn.sequential(nn.conv2d(from, to, 3, { padding: 1, bias: false }), nn.batchNorm2d(to), nn.relu)
    return nn.module(
      { first: stage(1, c.width), second: stage(c.width, c.width), head: nn.conv2d(c.width, 1, 1) },
      (m, x: Tensor<4>): Tensor<4> => m.head(m.second(m.first(x))),
    )
  },
  loss: (model, { picture, cell }: { picture: Tensor<4>; cell: Tensor<4> }, c) => {
    const logits = model(picture)
    const [p, t] = [nn.sigmoid(logits).flatten(1), cell.flatten(1)]
    const overlap = p.mul(t).sum(1).mul(2).add(1)
    const dice = overlap
      .div(p.sum(1).add(t.sum(1)).add(1))
      .neg()
      .add(1)
    return { pixels: loss.bceWithLogits(logits, cell).mean(), dice: dice.mean().mul(c.dice) }
  },
  optimizer: (c) => optim.adamw({ learningRate: schedule.cosine({ peak: c.learning_rate }), weightDecay: 1e-3 }),
})
