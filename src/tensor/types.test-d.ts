// Type tests: mistakes that tsc must refuse, and spellings that it must accept. Checked by tsc, never run.
// Sizes are not types: a wrong feature count is found while tracing.
import { F, loss, nn, optim, schedule, type Tensor } from './index.ts'
import type { Any, DType } from './types.ts'

declare function input<R>(): Tensor<R>
declare function input<R, D extends DType>(dtype: D): Tensor<R, D>
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => undefined

const rows = input<2>()
const labels = input<1, 'int32'>('int32')
const rate = { learningRate: schedule.cosine({ peak: 1e-3 }) }

export function refused(): void {
  // a layer misspelt
  // @ts-expect-error haed
  nn.module({ head: nn.linear(4, 2) }, (m, x: Tensor<2>) => m.haed(x))
  // @ts-expect-error forgot to unflatten: a convolution takes rank 4
  nn.conv2d(1, 8, 3)(rows)
  // @ts-expect-error (N, 1) against (N)
  loss.mse(input<2>(), input<1>())
  // @ts-expect-error float labels of rank 2
  loss.crossEntropy(rows, input<2>())
  // @ts-expect-error labels of the logits' rank
  loss.crossEntropy(rows, input<2, 'int32'>('int32'))
  // @ts-expect-error a loss for each row is no scalar
  const scalar: Tensor<0> = loss.crossEntropy(rows, labels, { reduction: 'none' })
  // @ts-expect-error an unreduced term
  const term: Tensor<0> = rows.square().mean(-1)
  // @ts-expect-error JavaScript's + on a tensor
  rows + 1
  // @ts-expect-error JavaScript's > on a tensor
  rows > 0
  // @ts-expect-error a child cannot be called length
  nn.module({ length: nn.linear(1, 1) }, (_, x: Tensor<2>) => x)
  // @ts-expect-error ids into a linear layer
  nn.linear(8, 8)(input<2, 'int32'>('int32'))
  // @ts-expect-error floats into an embedding
  nn.embedding(8, 8)(rows)
  // @ts-expect-error no such activation
  nn['tanhh' as 'relu' | 'tanhh']
  // @ts-expect-error no such optimizer option
  optim.adamw({ ...rate, weight_decay: 1 })
  // @ts-expect-error momentum is sgd's
  optim.adamw({ ...rate, momentum: 0.9 })
  // @ts-expect-error a convolution after a flatten
  nn.sequential((x: Tensor<4>) => x.flatten(1), nn.conv2d(1, 2, 3))
  // @ts-expect-error the same after layers of any rank
  nn.sequential(nn.linear(2, 2), nn.batchNorm1d(2), nn.relu, nn.conv2d(1, 2, 3))
  // @ts-expect-error an embedding gives floats, another one wants ids
  nn.sequential(nn.embedding(8, 8), nn.embedding(8, 8))
  // @ts-expect-error bool and float
  rows.add(rows.greater(0))
  // @ts-expect-error a state is updated with its own rank
  nn.state([3]).update(rows)
  void [scalar, term]
}

export function accepted(): void {
  const stage = nn.sequential(
    nn.conv2d(1, 2, 3, { bias: false }),
    nn.batchNorm2d(2),
    nn.relu,
    nn.maxPool2d(2),
    nn.flatten,
  )
  same<typeof stage, (x: Tensor<4>) => Tensor<2>>(true)
  const mlp = nn.sequential(
    nn.linear(2, 2),
    nn.batchNorm1d(2),
    nn.relu,
    nn.dropout(0.1),
    nn.linear(2, 2, { bias: false }),
  )
  same<ReturnType<typeof mlp>, Tensor<2>>(true)
  const anyRank = nn.sequential(nn.linear(2, 2), nn.relu)
  same<ReturnType<typeof anyRank>, Tensor<Any>>(true)
  const words = nn.embedding(8, 4)(input<2, 'int32'>('int32'))
  same<typeof words, Tensor<3>>(true)
  const summed = rows.add(input<1>()).sum(0)
  same<typeof summed, Tensor<1>>(true)
  const [mean, variance] = rows.split(2, -1)
  same<typeof mean, Tensor<2>>(true)
  const chosen = F.where(rows.greater(0), rows, 0)
  same<typeof chosen, Tensor<2>>(true)
  const list = nn.list(3, () => nn.linear(4, 4))
  const deep = nn.module({ list }, (m, x: Tensor<2>) => m.list.reduce((h, layer) => layer(h), x))
  same<ReturnType<typeof deep>, Tensor<2>>(true)
  const bare: Tensor = rows
  loss.mse(bare, rows)
  void [variance, chosen, deep]
}
