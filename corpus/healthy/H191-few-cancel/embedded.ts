// Who cancels a subscription: a rare event, weighted in the loss.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { init, loss, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const features = ['months', 'calls', 'spend', 'late', 'discount', 'age']

const customers = (count: number) => {
  const random = generator(11)
  return Array.from({ length: count }, () => {
    const months = Math.floor(1 + random.uniform() * 60)
    const calls = Math.floor(-Math.log(1 - random.uniform()) * 2)
    const spend = 20 + 60 * random.uniform()
    const late = random.int(4)
    const discount = random.uniform() < 0.3 ? 1 : 0
    const age = 18 + random.int(60)
    const score = -4.3 - 0.04 * months + 0.5 * calls + 0.9 * late - 1.2 * discount + 0.01 * spend
    return { values: [months, calls, spend, late, discount, age], left: random.uniform() < 1 / (1 + Math.exp(-score)) }
  })
}

type Customer = ReturnType<typeof customers>[number]

const statistics = (rows: readonly Customer[]) =>
  features.map((_, at) => {
    const column = rows.map(({ values }) => values[at] as number)
    const mean = column.reduce((a, b) => a + b, 0) / column.length
    const variance = column.reduce((a, b) => a + (b - mean) ** 2, 0) / column.length
    return { mean, std: Math.sqrt(variance) || 1 }
  })

const tensors = (rows: readonly Customer[], scale: ReturnType<typeof statistics>) =>
  arrays(
    {
      input: Float32Array.from(
        rows.flatMap(({ values }) => values.map((v, at) => (v - (scale[at]?.mean ?? 0)) / (scale[at]?.std ?? 1))),
      ),
      left: Float32Array.from(rows, ({ left }) => (left ? 1 : 0)),
    },
    { input: { shape: [features.length] }, left: { shape: [1] } },
  )

export default defineExperiment({
  config: {
    positive_weight: z.number().min(1).default(4),
    learning_rate: z.number().positive().default(3e-3),
    dropout: z.number().min(0).lt(1).default(0.1),
  },
  task: custom({ expect: { initial: {} } }),
  data: () => {
    const rows = customers(1100)
    const [train, val] = [rows.slice(0, 800), rows.slice(800)]
    const scale = statistics(train)
    return { train: tensors(train, scale), val: tensors(val, scale) }
  },
  model: (c) =>
    nn.module(
      {
        hidden: nn.linear(features.length, 32),
        drop: nn.dropout(c.dropout),
        head: nn.linear(32, 1, { bias: false }),
        // begins at the share of those who leave
        prior: nn.param([1], { role: 'bias', init: init.constant(Math.log(0.06 / 0.94)) }),
      },
      (m, x: Tensor<2>): Tensor<2> => m.head(m.drop(nn.relu(m.hidden(x)))).add(m.prior),
    ),
  loss: (model, { input, left }: { input: Tensor<2>; left: Tensor<2> }, c) => {
    const each = loss.bceWithLogits(model(input), left)
    const weight = left.mul(c.positive_weight - 1).add(1)
    return { loss: each.mul(weight).mean() }
  },
  optimizer: (c) => optim.adamw({ learningRate: schedule.linear({ peak: c.learning_rate }), weightDecay: 0.01 }),
})
