// Four classes of eight numbers, with faults of the forward pass and of the config; `none` is healthy.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, init, nn, optim, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const inputs = 8

const noise = (i: number) => {
  const x = Math.sin(12.9898 * (i + 1)) * 43758.5453
  return 2 * (x - Math.floor(x)) - 1
}

const points = (samples: number, first: number) => {
  const label = Int32Array.from({ length: samples }, (_, i) => (i * 7 + Math.floor(i / 5)) % 4)
  const input = Float32Array.from(
    { length: samples * inputs },
    (_, i) => noise(first + i) + (i % 4 === label[Math.floor(i / inputs)] ? 1 : 0),
  )
  return arrays({ input, label }, { input: { shape: [inputs] } })
}

const config = {
  fault: z
    .enum(['none', 'constant', 'constant-weights', 'zeros', 'ones-head', 'softmax', 'softmax-batch'])
    .default('none'),
  activation: z.enum(['relu', 'tanh', 'sigmoid']).default('relu'),
  dropout: z.number().min(0).max(0.9).default(0),
  /** Read for `sgd` alone. */
  optimizer: z.enum(['adamw', 'sgd']).default('adamw'),
  momentum: z.number().min(0).max(1).default(0.9),
  nested: z.strictObject({ rate: z.number().default(1e-2), idle: z.number().default(1) }).prefault({}),
  val_samples: z.int().min(5).default(103),
  warmup_steps: z.int().default(5),
  comment: z.string().meta({ gonogo: 'note' }).default(''),
}

const first = (fault: string) =>
  fault === 'zeros' ? init.zeros() : fault.startsWith('constant') ? init.constant(0.1) : init.normal(0, 0.3)

const head = (fault: string) => (fault === 'ones-head' ? init.ones() : first(fault))

export default defineExperiment({
  config,
  task: classification({ classes: 4 }),
  data: (c) => ({ train: points(320, 0), val: points(c.val_samples, 50_000) }),
  model: (c) =>
    nn.module(
      {
        first: nn.param([16, inputs], { init: first(c.fault) }),
        bias: nn.param([16], { role: 'bias', init: c.fault === 'constant-weights' ? init.normal(0, 1) : init.zeros() }),
        head: nn.param([4, 16], { init: head(c.fault) }),
        dropout: nn.dropout(c.dropout),
      },
      (m, x: Tensor<2>): Tensor<2> => {
        const hidden = m.dropout(nn[c.activation](x.matmul(m.first.transpose(0, 1)).add(m.bias)))
        const logits = hidden.matmul(m.head.transpose(0, 1))
        if (c.fault === 'softmax') return F.logSoftmax(logits).exp()
        if (c.fault === 'softmax-batch') return F.logSoftmax(logits, 0).exp()
        return logits
      },
    ),
  optimizer: (c) =>
    c.optimizer === 'sgd'
      ? optim.sgd({ learningRate: c.nested.rate, momentum: c.momentum })
      : optim.adamw({ learningRate: c.nested.rate }),
})
