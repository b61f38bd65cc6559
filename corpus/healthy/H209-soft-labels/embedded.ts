// Galaxies by the votes of volunteers: shares as targets, and a teacher's logits at a temperature.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const [size, classes] = [16, 5]

const galaxies = (count: number, seed: number) => {
  const random = generator(seed)
  const shapes = generator(3)
  const centres = Array.from({ length: classes * size }, () => shapes.normal())
  const image = new Float32Array(count * size)
  const votes = new Float32Array(count * classes)
  const teacher = new Float32Array(count * classes)
  for (let i = 0; i < count; i++) {
    const kind = random.int(classes)
    for (let at = 0; at < size; at++)
      image[i * size + at] = 0.9 * (centres[kind * size + at] as number) + random.normal()
    for (let vote = 0; vote < 20; vote++) {
      const seen = random.uniform() < 0.8 ? kind : random.int(classes)
      votes[i * classes + seen]! += 1 / 20
    }
    for (let k = 0; k < classes; k++) teacher[i * classes + k] = (k === kind ? 4 : 0) + random.normal()
  }
  return arrays(
    { image, votes, teacher },
    { image: { shape: [size] }, votes: { shape: [classes] }, teacher: { shape: [classes] } },
  )
}

type Batch = { image: Tensor<2>; votes: Tensor<2>; teacher: Tensor<2> }

export default defineExperiment({
  config: {
    temperature: z.number().positive().default(2),
    share: z.number().min(0).max(1).default(0.5),
    learning_rate: z.number().positive().default(4e-3),
  },
  task: custom({ expect: { initial: {} } }),
  data: () => ({ train: galaxies(450, 1), val: galaxies(130, 2) }),
  model: () => nn.sequential(nn.linear(size, 40), nn.layerNorm(40), nn.gelu, nn.linear(40, classes)),
  loss: (model, { image, votes, teacher }: Batch, { temperature, share }) => {
    const logits = model(image) as Tensor<2>
    const hard = votes.mul(F.logSoftmax(logits)).sum(1).mean().neg()
    const told = nn.softmax(teacher.div(temperature))
    const soft = told
      .mul(F.logSoftmax(logits.div(temperature)))
      .sum(1)
      .mean()
      .neg()
    return { votes: hard.mul(1 - share), teacher: soft.mul(share * temperature ** 2) }
  },
  optimizer: (c) =>
    optim.adamw({ learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.1 }), weightDecay: 0.05 }),
})
