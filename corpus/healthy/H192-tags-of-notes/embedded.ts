// Tags of short notes: none, one or several of six; words are counted, and damped by a logarithm.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const tags = ['travel', 'food', 'work', 'health', 'money', 'family']
const vocabulary = 80

/** Each tag has words that it likes; notes mix those of their tags with any others. */
const notes = (count: number, seed: number) => {
  const random = generator(seed)
  const counts = new Float32Array(count * vocabulary)
  const tagged = new Float32Array(count * tags.length)
  for (let i = 0; i < count; i++) {
    const mine = tags.map((_, tag) => random.uniform() < 0.12 + 0.05 * tag)
    mine.forEach((has, tag) => {
      tagged[i * tags.length + tag] = has ? 1 : 0
      for (let n = 0; has && n < 5; n++) counts[i * vocabulary + tag * 10 + random.int(10)]! += 1
    })
    for (let n = 0; n < 12; n++) counts[i * vocabulary + random.int(vocabulary)]! += 1
  }
  return arrays(
    { input: counts.map(Math.log1p), tags: tagged },
    { input: { shape: [vocabulary] }, tags: { shape: [tags.length] } },
  )
}

export default defineExperiment({
  config: { learning_rate: z.number().positive().default(5e-3), width: z.int().min(1).default(48) },
  task: custom({ expect: { initial: { loss: Math.LN2 } } }),
  data: () => ({ train: notes(480, 1), val: notes(150, 2) }),
  model: (c) =>
    nn.module(
      { hidden: nn.linear(vocabulary, c.width), norm: nn.layerNorm(c.width), head: nn.linear(c.width, tags.length) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.gelu(m.norm(m.hidden(x)))),
    ),
  loss: (model, batch: { input: Tensor<2>; tags: Tensor<2> }) => ({
    loss: loss.bceWithLogits(model(batch.input), batch.tags).mean(),
  }),
  optimizer: (c) => optim.adam({ learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.1, end: 1e-5 }) }),
})
