// Which of four offers to show, from a log of what was shown before: a policy whose expected reward rises.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const [size, offers] = [6, 4]

const log = (count: number, seed: number) => {
  const random = generator(seed)
  const context = new Float32Array(count * size)
  const action = new Int32Array(count)
  const reward = new Float32Array(count)
  const propensity = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const x = Array.from({ length: size }, () => random.normal())
    context.set(x, i * size)
    // the old policy liked offer 0
    const shown = random.uniform() < 0.4 ? 0 : random.int(offers)
    propensity[i] = shown === 0 ? 0.4 + 0.6 / offers : 0.6 / offers
    action[i] = shown
    const score = 1.2 * (x[shown] as number) - 0.5
    reward[i] = random.uniform() < 1 / (1 + Math.exp(-score)) ? 1 : 0
  }
  return arrays({ context, action, reward, propensity }, { context: { shape: [size] } })
}

type Batch = { context: Tensor<2>; action: Tensor<1, 'int32'>; reward: Tensor<1>; propensity: Tensor<1> }

export default defineExperiment({
  config: {
    entropy: z.number().min(0).default(0.02),
    baseline: z.number().default(0.4),
    learning_rate: z.number().positive().default(5e-3),
  },
  task: custom({ expect: { initial: {} } }),
  data: () => ({ train: log(800, 1), val: log(250, 2) }),
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), head: nn.linear(32, offers) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.tanh(m.hidden(x))),
    ),
  loss: (model, { context, action, reward, propensity }: Batch, c) => {
    const logs = F.logSoftmax(model(context))
    const chosen = logs.mul(F.oneHot(action, offers)).sum(1).exp()
    const value = reward.sub(c.baseline).mul(chosen).div(propensity)
    const entropy = logs.exp().mul(logs).sum(1).neg()
    return { value: value.mean().neg(), entropy: entropy.mean().mul(-c.entropy) }
  },
  optimizer: (c) => optim.adam({ learningRate: schedule.linear({ peak: c.learning_rate, end: 1e-4 }), clipNorm: 1 }),
})
