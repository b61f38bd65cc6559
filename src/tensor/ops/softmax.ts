// Composed functions of one tensor with gradients of their own: softmax, log-softmax, GELU.
// Compositions without one (silu, softmax cross-entropy) live where they are used.
import type { Node } from '../graph/node.ts'
import { withGradient } from '../primitives/custom.ts'
import { add, div, erf, exp, log, mul, neg, sub } from '../primitives/elementwise.ts'
import { scalar } from '../primitives/leaf.ts'
import { max, sum } from '../primitives/reduce.ts'

/** exp(x) / Σ exp(x) along an axis, shifted by the largest for stability. */
export function softmax(x: Node, axis: number): Node {
  const shifted = exp(sub(x, max(x, [axis], true)))
  const y = div(shifted, sum(shifted, [axis], true))
  const gradient = (g: Node): Node[] => {
    const weighted = mul(g, y)
    return [sub(weighted, mul(y, sum(weighted, [axis], true)))]
  }
  return withGradient([x], y, gradient, { name: 'softmax', axis })
}

/** x - log Σ exp(x) along an axis, shifted by the largest for stability. */
export function logSoftmax(x: Node, axis: number): Node {
  const shifted = sub(x, max(x, [axis], true))
  const y = sub(shifted, log(sum(exp(shifted), [axis], true)))
  return withGradient([x], y, (g) => [sub(g, mul(exp(y), sum(g, [axis], true)))], { name: 'log_softmax', axis })
}

/** x·Φ(x), the exact form. Hendrycks & Gimpel 2016. */
export function gelu(x: Node): Node {
  const half = scalar(0.5)
  const probability = mul(half, add(scalar(1), erf(mul(x, scalar(Math.SQRT1_2)))))
  return withGradient([x], mul(x, probability), (g) => {
    const density = mul(scalar(1 / Math.sqrt(2 * Math.PI)), exp(neg(mul(half, mul(x, x)))))
    return [mul(g, add(probability, mul(x, density)))]
  })
}
