// Composed operations with gradients of their own: softmax, log-softmax, GELU, normalisation.
// Compositions without one (silu, softmax cross-entropy) live where they are used.
import type { Node } from '../graph/node.ts'
import { sameShape, sizeOf } from '../graph/shape.ts'
import { withGradient } from '../primitives/custom.ts'
import { add, div, erf, exp, log, mul, neg, reciprocal, sqrt, sub } from '../primitives/elementwise.ts'
import { reshape } from '../primitives/layout.ts'
import { scalar } from '../primitives/leaf.ts'
import { max, mean, sum } from '../primitives/reduce.ts'

/** exp(x) / Σ exp(x) along an axis, shifted by the largest for stability. */
export function softmax(x: Node, axis: number): Node {
  const shifted = exp(sub(x, max(x, [axis], true)))
  const y = div(shifted, sum(shifted, [axis], true))
  return withGradient([x], y, (g) => {
    const weighted = mul(g, y)
    return [sub(weighted, mul(y, sum(weighted, [axis], true)))]
  })
}

/** x - log Σ exp(x) along an axis, shifted by the largest for stability. */
export function logSoftmax(x: Node, axis: number): Node {
  const shifted = sub(x, max(x, [axis], true))
  const y = sub(shifted, log(sum(exp(shifted), [axis], true)))
  return withGradient([x], y, (g) => [sub(g, mul(exp(y), sum(g, [axis], true)))])
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

export interface Normalised {
  /** (x - mean) / √(variance + eps) · weight + bias */
  readonly y: Node
  /** Over `axes`, kept as sizes of 1; no gradient passes them. */
  readonly mean: Node
  /** Biased: divided by the count. */
  readonly variance: Node
}

/**
 * Normalises over `axes`; weight and bias have x's shape with sizes of 1 on some axes.
 * Gradient: Ioffe & Szegedy 2015, section 3, with means in place of sums.
 */
export function normalise(x: Node, weight: Node, bias: Node, axes: readonly number[], eps: number): Normalised {
  const average = mean(x, axes, true)
  const centred = sub(x, average)
  const variance = mean(mul(centred, centred), axes, true)
  const scale = reciprocal(sqrt(add(variance, scalar(eps))))
  const forward = withGradient([x, weight, bias], affine(centred, scale, weight, bias), (g) => {
    if (sameShape(weight.shape, scale.shape)) {
      // the weight is constant over `axes` (batch norm): sums by the weight serve both gradients
      const meanG = mean(g, axes, true)
      const meanGC = mean(mul(g, centred), axes, true)
      const a = mul(scale, weight)
      const pull = neg(mul(a, mul(meanGC, mul(scale, scale))))
      const count = scalar(sizeOf(axes.map((axis) => x.shape[axis]!)))
      return [add(mul(a, sub(g, meanG)), mul(centred, pull)), mul(mul(meanGC, scale), count), mul(meanG, count)]
    }
    const perParameter = axesWithout(weight)
    const unit = mul(centred, scale)
    const gw = mul(g, weight)
    const dx = mul(scale, sub(sub(gw, mean(gw, axes, true)), mul(unit, mean(mul(gw, unit), axes, true))))
    return [
      dx,
      reshape(sum(mul(g, unit), perParameter, true), weight.shape),
      reshape(sum(g, perParameter, true), bias.shape),
    ]
  })
  return { y: forward, mean: average, variance }
}

/** One multiplication over the whole tensor where weight and scale have one shape (batch norm), two otherwise. */
const affine = (centred: Node, scale: Node, weight: Node, bias: Node): Node =>
  sameShape(scale.shape, weight.shape)
    ? add(mul(centred, mul(scale, weight)), bias)
    : add(mul(mul(centred, scale), weight), bias)

/** Axes on which a parameter has size 1. */
const axesWithout = (parameter: Node): number[] => parameter.shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
