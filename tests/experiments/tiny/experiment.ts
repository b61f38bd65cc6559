// Pictures of 6 × 6 in four patterns under noise, and a small network with batch norm and dropout: its checks take seconds.
// `fault` plants one real bug each; `none` is healthy.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, init, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const classes = 4
const size = 36

/** Numbers that look random and are the same in every process. */
const noise = (i: number) => {
  const x = Math.sin(12.9898 * (i + 1)) * 43758.5453
  return x - Math.floor(x) - 0.5
}

/** Class = sample mod 4; each class has a pattern of its own. */
const pictures = (samples: number, first: number, jitter: () => number, leak: boolean) => {
  const input = new Float32Array(samples * size)
  const label = new Int32Array(samples)
  for (let i = 0; i < samples; i++) {
    const kind = (i * 7 + Math.floor(i / 5)) % classes
    label[i] = kind
    for (let at = 0; at < size; at++)
      input[i * size + at] = 2 * noise(1000 * kind + at) + 1.5 * noise(first + i * size + at) + jitter()
    if (leak) for (let at = 0; at < classes; at++) input[i * size + at] = at === kind ? 9 : 0
  }
  return arrays({ input, label }, { input: { shape: [1, 6, 6] } })
}

const unseeded: init.Initialiser = {
  name: 'unseeded',
  fill: (shape) => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.random() - 0.5),
}

export default defineExperiment({
  config: {
    width: z.int().min(1).max(64).default(4),
    dropout: z.number().min(0).max(0.9).default(0.2),
    norm: z.boolean().default(true),
    learning_rate: z.number().positive().default(5e-3),
    fault: z
      .enum([
        'none',
        'softmax-twice',
        'large-initialisation',
        'zero-head',
        'unseeded-initialisation',
        'unseeded-data',
        'mixes-the-batch',
        'dead',
        'leak',
        'frozen-body',
        'long-warmup',
      ])
      .default('none'),
  },
  task: classification({ classes }),
  data: (c) => {
    const jitter = c.fault === 'unseeded-data' ? () => 0.1 * Math.random() : () => 0
    const leak = c.fault === 'leak'
    return { train: pictures(400, 0, jitter, leak), val: pictures(203, 100_000, jitter, leak) }
  },
  model: (c) => {
    const gain = c.fault === 'large-initialisation' ? 300 : c.fault === 'zero-head' ? 0 : 1
    const weight =
      c.fault === 'unseeded-initialisation' ? unseeded : gain === 0 ? init.zeros() : init.normal(0, gain * 0.05)
    return nn.module(
      {
        conv: nn.conv2d(1, c.width, 3, { padding: 1 }),
        norm: nn.batchNorm2d(c.width),
        dropout: nn.dropout(c.dropout),
        weight: nn.param([classes, c.width * size], { init: weight }),
        bias: nn.param([classes], { role: 'bias', init: init.zeros() }),
      },
      (m, x: Tensor<4>): Tensor<2> => {
        const y = m.conv(x)
        const body = nn.relu(c.norm ? m.norm(y) : y).flatten(1)
        const mixed = c.fault === 'mixes-the-batch' ? body.sub(body.mean(0)) : body
        const seen = c.fault === 'dead' ? mixed.mul(0) : c.fault === 'frozen-body' ? mixed.detach() : mixed
        const logits = m.dropout(seen).matmul(m.weight.transpose(0, 1)).add(m.bias)
        if (c.fault === 'leak') return logits.add(x.flatten(1).slice(1, 0, classes))
        return c.fault === 'softmax-twice' ? F.logSoftmax(logits).exp() : logits
      },
    )
  },
  optimizer: (c) =>
    optim.adamw({
      learningRate: schedule.cosine({ peak: c.learning_rate, warmup: c.fault === 'long-warmup' ? 0.5 : 0.05 }),
    }),
})
