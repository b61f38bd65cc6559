// Where the arm stands for a given reach: several answers are right, so a mixture of normal densities is fitted.
import { custom, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const reaches = (count: number, seed: number) => {
  const random = generator(seed)
  const reach = new Float32Array(count)
  const angle = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const a = 2 * random.uniform() - 1
    angle[i] = a
    reach[i] = a + 0.6 * Math.sin(2 * Math.PI * a) + 0.05 * random.normal()
  }
  return arrays({ reach, angle }, { reach: { shape: [1] }, angle: { shape: [1] } })
}

const logSumExp = (x: Tensor<2>): Tensor<1> => {
  const top = x.max(1, { keepdims: true }).detach()
  return x
    .sub(top)
    .exp()
    .sum(1)
    .log()
    .add(top.reshape([-1]))
}

export default defineExperiment({
  config: {
    bells: z.int().min(1).max(20).default(4),
    hidden: z.int().default(40),
    learning_rate: z.number().positive().default(5e-3),
  },
  task: custom({ expect: { initial: {} } }),
  data: () => ({ train: reaches(400, 5), val: reaches(120, 6) }),
  model: (c) =>
    nn.module(
      { first: nn.linear(1, c.hidden), second: nn.linear(c.hidden, c.hidden), head: nn.linear(c.hidden, 3 * c.bells) },
      (m, x: Tensor<2>): Tensor<2> => m.head(nn.tanh(m.second(nn.tanh(m.first(x))))),
    ),
  loss: (model, { reach, angle }: { reach: Tensor<2>; angle: Tensor<2> }) => {
    const [share, mean, width] = model(reach).split(3, 1)
    const sigma = nn.softplus(width).add(0.01)
    const score = angle
      .sub(mean)
      .div(sigma)
      .square()
      .mul(-0.5)
      .sub(sigma.log())
      .sub(0.5 * Math.log(2 * Math.PI))
    return { nll: logSumExp(F.logSoftmax(share).add(score)).mean().neg() }
  },
  optimizer: (c) => optim.adam({ learningRate: schedule.cosine({ peak: c.learning_rate }), clipNorm: 10 }),
})
