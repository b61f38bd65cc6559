// An initialiser of its own.
import { classification, defineExperiment } from 'gonogo'
import { type init, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { both, classes, noise, size } from '../../shared/embedded/data.ts'

const drawn = (i: number) => noise(77 * i) // fixed
// buggy: const drawn = () => Math.random() - 0.5
const start: init.Initialiser = {
  name: 'drawn',
  fill: (shape) => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.3 * drawn(i)),
}

export default defineExperiment({
  config: {},
  task: classification({ classes }),
  data: both,
  model: () =>
    nn.module(
      { hidden: nn.linear(size, 32), weight: nn.param([32, classes], { init: start }) },
      (m, x: Tensor<2>): Tensor<2> => nn.relu(m.hidden(x)).matmul(m.weight),
    ),
  optimizer: () => optim.adamw({ learningRate: schedule.cosine({ peak: 5e-3 }) }),
})
