// Stochastic gradient descent with momentum, PyTorch's form (no dampening).
// Weight decay is added to the gradient, for weights and embeddings only.

import { fail } from '../graph/error.ts'
import { add, mul, sub } from '../primitives/elementwise.ts'
import { scalar } from '../primitives/leaf.ts'
import { decays, type Optimizer, type OptimizerOptions, shared } from './optimizer.ts'

export interface SgdOptions extends OptimizerOptions {
  readonly momentum?: number
  readonly nesterov?: boolean
}

/** buffer ← momentum·buffer + g; value ← value - rate·buffer. Sutskever et al. 2013. Throws OPTIMIZER_RANGE. */
export function sgd(options: SgdOptions): Optimizer {
  const { momentum = 0, nesterov = false } = options
  const common = shared(options)
  if (!(momentum >= 0 && momentum < 1) || (nesterov && momentum === 0)) {
    fail({
      code: 'OPTIMIZER_RANGE',
      seen: `momentum ${momentum}, nesterov ${nesterov}`,
      expected: '0 ≤ momentum < 1, above 0 for nesterov',
    })
  }
  return Object.freeze({
    kind: 'sgd',
    ...common,
    settings: { momentum, nesterov },
    slots: momentum > 0 ? ['momentum_buffer'] : [],
    rule:
      ({ learningRate }) =>
      ({ value, gradient, slots: [buffer], role }) => {
        const decay = common.weightDecay > 0 && decays(role)
        const g = decay ? add(gradient, mul(value, scalar(common.weightDecay))) : gradient
        if (!buffer) return { value: sub(value, mul(learningRate, g)), slots: [] }
        const next = add(mul(buffer, scalar(momentum)), g)
        const direction = nesterov ? add(g, mul(next, scalar(momentum))) : next
        return { value: sub(value, mul(learningRate, direction)), slots: [next] }
      },
  } satisfies Optimizer)
}
