// Adam and AdamW, PyTorch's form (eps outside the corrected root).
// The bias correction comes from the step count in float64, so a resume is exact.
import { fail } from '../graph/error.ts'
import type { Node } from '../graph/node.ts'
import { cast } from '../primitives/compare.ts'
import { add, div, exp, mul, sqrt, sub } from '../primitives/elementwise.ts'
import { scalar } from '../primitives/leaf.ts'
import { decays, type Optimizer, type OptimizerOptions, shared } from './optimizer.ts'

export interface AdamOptions extends OptimizerOptions {
  readonly betas?: readonly [number, number]
  readonly eps?: number
}

/** 1 - βᵗ in float64: in float32 the difference would lose most of its digits. */
const correction = (beta: number, count: Node): Node =>
  beta === 0 ? scalar(1, 'float64') : sub(scalar(1, 'float64'), exp(mul(count, scalar(Math.log(beta), 'float64'))))

function adamLike(kind: 'adam' | 'adamw', options: AdamOptions): Optimizer {
  const { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 } = options
  const common = shared(options)
  if (![beta1, beta2].every((beta) => beta >= 0 && beta < 1) || !(eps > 0)) {
    fail({
      code: 'OPTIMIZER_RANGE',
      seen: `betas ${beta1}, ${beta2}, eps ${eps}`,
      expected: 'betas in [0, 1) and a positive eps',
    })
  }
  return Object.freeze({
    kind,
    ...common,
    settings: { beta1, beta2, eps },
    slots: ['exp_avg', 'exp_avg_sq'],
    rule: ({ learningRate, count }) => {
      const rate = div(learningRate, cast(correction(beta1, count), 'float32'))
      const root = cast(sqrt(correction(beta2, count)), 'float32')
      const shrink = sub(scalar(1), mul(learningRate, scalar(common.weightDecay)))
      return ({ value, gradient, slots: [average, square], role }) => {
        const decay = common.weightDecay > 0 && decays(role)
        const g = decay && kind === 'adam' ? add(gradient, mul(value, scalar(common.weightDecay))) : gradient
        const kept = decay && kind === 'adamw' ? mul(value, shrink) : value
        const nextAverage = add(mul(average!, scalar(beta1)), mul(g, scalar(1 - beta1)))
        const nextSquare = add(mul(square!, scalar(beta2)), mul(mul(g, g), scalar(1 - beta2)))
        const denominator = add(div(sqrt(nextSquare), root), scalar(eps))
        return { value: sub(kept, div(mul(nextAverage, rate), denominator)), slots: [nextAverage, nextSquare] }
      }
    },
  } satisfies Optimizer)
}

/** Kingma & Ba 2015, algorithm 1; weight decay as an L2 term of the gradient. Throws OPTIMIZER_RANGE. */
export const adam = (options: AdamOptions): Optimizer => adamLike('adam', options)
/** Loshchilov & Hutter 2019, algorithm 2: weight decay apart from the gradient, scaled by the learning rate. */
export const adamw = (options: AdamOptions): Optimizer => adamLike('adamw', options)
