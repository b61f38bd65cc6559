// The next character of a story: one block of causal attention, the output tied to the embedding.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, init, loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const text = await readFile(join(import.meta.dirname, 'story.txt'), 'utf8')
const alphabet = [...new Set(text)].sort()
const codes = Int32Array.from(text, (character) => alphabet.indexOf(character))
const time = 24

const windows = (ids: Int32Array, stride: number) => {
  const starts = Array.from({ length: Math.floor((ids.length - time - 1) / stride) + 1 }, (_, i) => i * stride)
  const characters = new Int32Array(starts.length * time)
  const next = new Int32Array(starts.length * time)
  starts.forEach((start, i) => {
    characters.set(ids.subarray(start, start + time), i * time)
    next.set(ids.subarray(start + 1, start + 1 + time), i * time)
  })
  return arrays({ characters, next }, { characters: { shape: [time] }, next: { shape: [time] } })
}

export default defineExperiment({
  config: {
    width: z.int().multipleOf(4).default(32),
    heads: z.int().min(1).default(4),
    dropout: z.number().min(0).lt(1).default(0.1),
    learning_rate: z.number().positive().default(3e-3),
  },
  task: custom({ expect: { initial: { loss: Math.log(alphabet.length) } } }),
  causal: true,
  data: () => {
    const cut = Math.floor(0.85 * codes.length)
    return { train: windows(codes.subarray(0, cut), 12), val: windows(codes.subarray(cut), time) }
  },
  model: (c) => {
    const { width, heads } = c
    const tokens = nn.param([alphabet.length, width], { role: 'embedding', init: init.normal(0, 0.02) })
    const attention = nn.module(
      { qkv: nn.linear(width, 3 * width), out: nn.linear(width, width) },
      (m, x: Tensor<3>): Tensor<3> => {
        const [batch] = x.shape
        const parts = m
          .qkv(x)
          .reshape([batch, time, 3, heads, width / heads])
          .permute([2, 0, 3, 1, 4])
        const [q, k, v] = parts.unbind(3)
        const mixed = F.attention(q, k, v, { causal: true, dropout: c.dropout })
        return m.out(mixed.permute([0, 2, 1, 3]).reshape([batch, time, width]))
      },
    )
    return nn.module(
      {
        tokens,
        places: nn.param([time, width], { role: 'embedding', init: init.normal(0, 0.02) }),
        norm1: nn.layerNorm(width),
        attention,
        norm2: nn.layerNorm(width),
        wide: nn.linear(width, 4 * width),
        narrow: nn.linear(4 * width, width),
        drop: nn.dropout(c.dropout),
        last: nn.layerNorm(width),
      },
      (m, ids: Tensor<2, 'int32'>): Tensor<3> => {
        let x: Tensor<3> = F.oneHot(ids, alphabet.length).matmul(m.tokens).add(m.places)
        x = x.add(m.drop(m.attention(m.norm1(x))))
        x = x.add(m.drop(m.narrow(nn.gelu(m.wide(m.norm2(x))))))
        return m.last(x).matmul(m.tokens.transpose(0, 1))
      },
    )
  },
  loss: (model, batch: { characters: Tensor<2, 'int32'>; next: Tensor<2, 'int32'> }) => ({
    loss: loss.crossEntropy(model(batch.characters), batch.next),
  }),
  optimizer: (c) =>
    optim.adamw({
      learningRate: schedule.cosine({ peak: c.learning_rate, warmup: { steps: 10 } }),
      betas: [0.9, 0.95],
      weightDecay: 0.1,
      clipNorm: 1,
    }),
})
