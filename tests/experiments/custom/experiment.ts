// The next word of padded sentences under a custom task, as it should be (`none`) and as people get it wrong.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, loss, nn, optim, random, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const [words, time, width] = [11, 7, 12]

/** 3w + 2 follows w, mostly; word 0 is padding. */
const sentences = (count: number, turn: number) => {
  const ids = new Int32Array(count * time)
  const next = new Int32Array(count * time)
  const mask = new Float32Array(count * time)
  const shade = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const length = 4 + ((7 * i + turn) % (time - 3))
    let word = 1 + ((13 * i + turn) % (words - 1))
    shade[i] = Math.sin(i + turn)
    for (let t = 0; t < length; t++) {
      const follows = 1 + ((3 * word + 2 + ((i * i + 5 * t + turn) % 4 === 0 ? 1 : 0)) % (words - 1))
      ids[i * time + t] = word
      next[i * time + t] = follows
      mask[i * time + t] = 1
      word = follows
    }
  }
  const shape = { shape: [time] }
  return arrays({ ids, next, mask, shade }, { ids: shape, next: shape, mask: shape })
}

type Batch = { ids: Tensor<2, 'int32'>; next: Tensor<2, 'int32'>; mask: Tensor<2>; shade: Tensor<1> }

export default defineExperiment({
  config: {
    fault: z
      .enum([
        'none',
        'future',
        'batch',
        'same',
        'noise',
        'padding',
        'unused',
        'softmax',
        'pairs',
        'other-axis',
        'rows',
        'shared',
        'positive',
        'warm-up',
        'scores',
        'likelihood',
        'all-places',
      ])
      .default('none'),
  },
  task: custom({ expect: { initial: { loss: Math.log(words) } } }),
  data: () => ({ train: sentences(320, 0), val: sentences(101, 3) }),
  model: ({ fault }) =>
    nn.module(
      {
        words: nn.embedding(words, width),
        mix: nn.linear(2 * width, width),
        tint: nn.linear(1, width),
        head: nn.linear(width, words),
      },
      (m, ids: Tensor<2, 'int32'>, shade: Tensor<1>): Tensor<3> => {
        const x: Tensor<3> = m.words(ids)
        const nothing = F.full([ids.shape[0], 1, width], 0)
        const beside =
          fault === 'future' ? F.concat([x.slice(1, 1), nothing], 1) : F.concat([nothing, x.slice(1, 0, time - 1)], 1)
        // each fault a slip of one axis
        const [rows] = ids.shape
        const company =
          fault === 'batch'
            ? beside.sub(beside.mean(0))
            : fault === 'rows'
              ? beside.permute([1, 0, 2]).reshape([rows, time, width])
              : fault === 'shared'
                ? beside.mul(nn.softmax(beside, 0))
                : beside
        const mixed = m.mix(F.concat([x, company], 2))
        const tinted = fault === 'unused' ? mixed : mixed.add(m.tint(shade.reshape([-1, 1])).reshape([-1, 1, width]))
        const hidden = nn.tanh(tinted)
        const noisy = fault === 'noise' ? hidden.add(random.normal('noise', [ids.shape[0], time, width])) : hidden
        return m.head(noisy).mul(0.2)
      },
    ),
  loss: (model, { ids, next, mask, shade }: Batch, { fault }) => {
    const logits = model(ids, shade)
    if (fault === 'softmax') return { loss: loss.crossEntropy(nn.softmax(logits), next) }
    if (fault === 'other-axis') return { loss: F.logSoftmax(logits, 0).mul(F.oneHot(next, words)).sum(2).mean().neg() }
    if (fault === 'positive') return { loss: loss.bceWithLogits(nn.relu(logits), F.oneHot(next, words)).mean() }
    if (fault === 'scores') return { loss: logits.mul(F.oneHot(next, words)).sum(2).mean().neg() }
    if (fault === 'likelihood') return { loss: loss.crossEntropy(logits, next).neg() }
    if (fault === 'pairs') return { loss: logits.mean(2).sum(1, { keepdims: true }).sub(shade).square().mean() }
    const each = loss.crossEntropy(logits, fault === 'same' ? ids : next, { reduction: 'none' })
    if (fault === 'all-places') return { loss: each.mul(mask).mean() }
    return { loss: fault === 'padding' ? each.mean() : each.mul(mask).sum().div(mask.sum()) }
  },
  optimizer: ({ fault }) =>
    optim.adamw({ learningRate: schedule.cosine({ peak: 1e-2, warmup: fault === 'warm-up' ? 1 : 0.1 }) }),
})
