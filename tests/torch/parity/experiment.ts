// The same program as experiment.py beside it, line by line: what one engine says of it, the other must say too.
// `bug` plants one fault each; `none` is healthy.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const classes = 3

/** Numbers that look random and are the same in every language. */
const noise = (i: number) => {
  const x = Math.sin(12.9898 * (i + 1)) * 43758.5453
  return x - Math.floor(x) - 0.5
}

const samples = (count: number, first: number, jitter: () => number) => {
  const input = new Float32Array(count * 4)
  const label = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    label[i] = (i * 7 + Math.floor(i / 5)) % classes
    for (let at = 0; at < 4; at++)
      input[4 * i + at] = 2 * noise(first + 4 * i + at) + (at === label[i] ? 1.5 : 0) + jitter()
  }
  return arrays({ input, label }, { input: { shape: [4] } })
}

export default defineExperiment({
  config: {
    bug: z.enum(['none', 'large', 'sum', 'softmax', 'mixes', 'dead', 'detached', 'unseeded']).default('none'),
    // read by the other engine
    weights: z.string().meta({ gonogo: 'name' }).default(''),
  },
  task: classification({ classes }),
  data: (c) => {
    const jitter = c.bug === 'unseeded' ? () => 0.1 * Math.random() : () => 0
    return { train: samples(192, 0, jitter), val: samples(101, 50_000, jitter) }
  },
  model: (c) =>
    nn.module(
      { hidden: nn.linear(4, 16), norm: nn.batchNorm1d(16), head: nn.linear(16, classes) },
      (m, x: Tensor<2>): Tensor<2> => {
        const body = nn.relu(m.norm(m.hidden(x)))
        const logits = m.head(c.bug === 'mixes' ? body.sub(body.mean(0)) : body).mul(c.bug === 'large' ? 100 : 1)
        return c.bug === 'softmax' ? F.logSoftmax(logits).exp() : logits
      },
    ),
  loss: (model, { input, label }: { input: Tensor<2>; label: Tensor<1, 'int32'> }, c) => {
    const logits = model(input)
    if (c.bug === 'sum') return { fit: loss.crossEntropy(logits, label, { reduction: 'sum' }) }
    if (c.bug === 'detached') return { fit: loss.crossEntropy(logits.detach(), label) }
    const fit = loss.crossEntropy(logits, label)
    return c.bug === 'dead' ? { fit, spread: logits.detach().square().mean() } : { fit }
  },
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 1e-2 }), weightDecay: 0 }),
})
