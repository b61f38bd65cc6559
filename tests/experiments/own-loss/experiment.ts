// A classifier with a loss of its own, as it should be (`mean`) and as people get it wrong.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const clouds = (samples: number, turn: number) => {
  const input = new Float32Array(2 * samples)
  const label = new Int32Array(samples)
  for (let i = 0; i < samples; i++) {
    const angle = turn + 0.7 * i
    label[i] = i % 4
    input[2 * i] = (i % 2 === 0 ? 1 : -1) + 0.3 * Math.cos(angle)
    input[2 * i + 1] = (i % 4 < 2 ? 1 : -1) + 0.3 * Math.sin(angle)
  }
  return arrays({ input, label }, { input: { shape: [2] } })
}

export default defineExperiment({
  config: { reduction: z.enum(['mean', 'sum', 'negative', 'detached', 'half', 'dead-term']).default('mean') },
  task: classification({ classes: 4 }),
  data: () => ({ train: clouds(320, 0), val: clouds(103, 0.3) }),
  model: () =>
    nn.module({ hidden: nn.linear(2, 16), head: nn.linear(16, 4) }, (m, x: Tensor<2>) => m.head(nn.relu(m.hidden(x)))),
  loss: (model, batch: { input: Tensor<2>; label: Tensor<1, 'int32'> }, c) => {
    const logits = model(batch.input)
    if (c.reduction === 'sum') return { loss: loss.crossEntropy(logits, batch.label, { reduction: 'sum' }) }
    if (c.reduction === 'dead-term')
      return { fit: loss.crossEntropy(logits, batch.label), spread: logits.detach().square().mean() }
    if (c.reduction === 'half') return { loss: loss.crossEntropy(logits, batch.label).mul(0.5) }
    const mean = loss.crossEntropy(c.reduction === 'detached' ? logits.detach() : logits, batch.label)
    return { loss: c.reduction === 'negative' ? mean.neg() : mean }
  },
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 1e-2 }) }),
})
