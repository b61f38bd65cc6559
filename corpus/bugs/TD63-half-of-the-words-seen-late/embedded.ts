// Words from words, by convolution over the two words before.
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
      { words: nn.embedding(vocabulary, width), mix: nn.linear(2 * width, width), head: nn.linear(width, vocabulary) },
      (m, words: Tensor<2, 'int32'>): Tensor<3> => {
        const [batch] = words.shape
        const x = m.words(words) as Tensor<3>
        const empty = F.full([batch, 1, width], 0)
        const before = F.concat([empty, x.slice(1, 0, time - 1)], 1) // fixed
        // buggy: const before = F.concat([x.slice(1, 1, time), empty], 1)
        return m.head(nn.tanh(m.mix(F.concat([x, before], 2))).mul(0.1))
      },
    ),
  loss: (model, { words, next }: { words: Tensor<2, 'int32'>; next: Tensor<2, 'int32'> }) => ({
    loss: loss.crossEntropy(model(words), next),
  }),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 1e-2, warmup: 0.1 }) }),
})
