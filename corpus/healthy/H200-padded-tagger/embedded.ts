// Tags of words in sentences of three to twelve words: padding is masked in the attention and in the loss.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const [words, tags, longest] = [40, 5, 12]

/** A word has a tag of its own, but after a word of tag 4 everything is tag 3. Word 0 is padding. */
const sentences = (count: number, seed: number) => {
  const random = generator(seed)
  const ids = new Int32Array(count * longest)
  const tag = new Int32Array(count * longest)
  const mask = new Float32Array(count * longest)
  for (let i = 0; i < count; i++) {
    const length = 3 + random.int(longest - 2)
    let before = -1
    for (let t = 0; t < length; t++) {
      const word = 1 + random.int(words - 1)
      ids[i * longest + t] = word
      tag[i * longest + t] = before === 4 ? 3 : word % tags
      mask[i * longest + t] = 1
      before = word % tags
    }
  }
  const shape = { shape: [longest] }
  return arrays({ ids, tag, mask }, { ids: shape, tag: shape, mask: shape })
}

type Batch = { ids: Tensor<2, 'int32'>; tag: Tensor<2, 'int32'>; mask: Tensor<2> }

export default defineExperiment({
  config: { width: z.int().default(24), learning_rate: z.number().positive().default(5e-3) },
  task: custom({ expect: { initial: { loss: Math.log(tags) } } }),
  data: () => ({ train: sentences(400, 7), val: sentences(120, 8) }),
  model: ({ width }) =>
    nn.module(
      {
        words: nn.embedding(words, width),
        places: nn.embedding(longest, width),
        query: nn.linear(width, width),
        key: nn.linear(width, width),
        value: nn.linear(width, width),
        norm: nn.layerNorm(width),
        hidden: nn.linear(width, 2 * width),
        head: nn.linear(2 * width, tags),
      },
      (m, ids: Tensor<2, 'int32'>, mask: Tensor<2>): Tensor<3> => {
        const x: Tensor<3> = m.words(ids).add(m.places(F.range(longest)))
        const scores = m.query(x).matmul(m.key(x).transpose(1, 2)).div(Math.sqrt(width))
        const hidden = mask.sub(1).mul(1e9).reshape([-1, 1, longest])
        const mixed = nn.softmax(scores.add(hidden)).matmul(m.value(x))
        return m.head(nn.relu(m.hidden(m.norm(x.add(mixed))))).mul(0.2)
      },
    ),
  loss: (model, { ids, tag, mask }: Batch) => {
    const each = loss.crossEntropy(model(ids, mask), tag, { reduction: 'none' })
    return { loss: each.mul(mask).sum().div(mask.sum()) }
  },
  optimizer: (c) =>
    optim.adamw({ learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.1 }), weightDecay: 0.01 }),
})
