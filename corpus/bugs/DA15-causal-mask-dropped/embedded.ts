// A language model with one layer of attention.
import { custom, defineExperiment } from 'gonogo'
import { F, loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { sentences, time, vocabulary } from '../../shared/embedded/data.ts'

const width = 16

export default defineExperiment({
  config: {},
  task: custom({ expect: { initial: { loss: Math.log(vocabulary) } } }),
  data: () => ({ train: sentences(320, 0), val: sentences(101, 900_000) }),
  model: () =>
    nn.module(
      {
        words: nn.embedding(vocabulary, width),
        places: nn.embedding(time, width),
        qkv: nn.linear(width, 3 * width),
        out: nn.linear(width, width),
        norm: nn.layerNorm(width),
        head: nn.linear(width, vocabulary),
      },
      (m, words: Tensor<2, 'int32'>): Tensor<3> => {
        const [batch] = words.shape
        const x = m.words(words).add(m.places(F.range(time))) as Tensor<3>
        const [q, k, v] = m
          .qkv(x)
          .reshape([batch, time, 3, 2, width / 2])
          .permute([2, 0, 3, 1, 4])
          .unbind(3)
        const causal = true // fixed
        // buggy: const causal = false
        const mixed = F.attention(q as Tensor<4>, k as Tensor<4>, v as Tensor<4>, { causal })
        const joined = m.out(mixed.permute([0, 2, 1, 3]).reshape([batch, time, width]))
        return m.head(m.norm(x.add(joined)))
      },
    ),
  loss: (model, { words, next }: { words: Tensor<2, 'int32'>; next: Tensor<2, 'int32'> }) => ({
    loss: loss.crossEntropy(model(words), next),
  }),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3, warmup: 0.1 }) }),
})
