// Normalisation to zero mean and unit variance, for batch norm and layer norm, with its own gradient.
// Running statistics are the layer's affair (nn/norm.ts).
import type { Node } from '../graph/node.ts'
import { sizeOf } from '../graph/shape.ts'
import { channelAffine } from '../primitives/channel.ts'
import { withGradient } from '../primitives/custom.ts'
import { add, mul, neg, reciprocal, sqrt, sub } from '../primitives/elementwise.ts'
import { filled, scalar } from '../primitives/leaf.ts'
import { mean, sum } from '../primitives/reduce.ts'

export interface BatchNormalised {
  /** (x - mean) / √(variance + eps) · weight + bias */
  readonly y: Node
  /** [channels]; no gradient passes it. */
  readonly mean: Node
  /** [channels], biased: divided by the count. */
  readonly variance: Node
}

/**
 * Normalises x [n, channels, ...] over all axes but 1; weight and bias [channels].
 * Gradient: Ioffe & Szegedy 2015, section 3, with means in place of sums.
 */
export function batchNormalise(x: Node, weight: Node, bias: Node, eps: number): BatchNormalised {
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
  const average = mean(x, axes)
  const centred = channelAffine(x, filled(average.shape, 1), neg(average))
  const variance = mean(mul(centred, centred), axes)
  const scale = reciprocal(sqrt(add(variance, scalar(eps))))
  const slope = mul(scale, weight)
  const y = withGradient([x, weight, bias], channelAffine(centred, slope, bias), (g) => {
    const meanG = mean(g, axes)
    const meanGC = mean(mul(g, centred), axes)
    const pull = neg(mul(slope, mul(meanGC, mul(scale, scale))))
    const zeros = filled(average.shape, 0)
    const dx = add(channelAffine(g, slope, neg(mul(slope, meanG))), channelAffine(centred, pull, zeros))
    const count = scalar(sizeOf(axes.map((axis) => x.shape[axis]!)))
    return [dx, mul(mul(meanGC, scale), count), mul(meanG, count)]
  })
  return { y, mean: average, variance }
}

/** Normalises x [..., width] over its last axis; weight and bias [width]. Ba, Kiros & Hinton 2016. */
export function layerNormalise(x: Node, weight: Node, bias: Node, eps: number): Node {
  const last = [x.shape.length - 1]
  const centred = sub(x, mean(x, last, true))
  const scale = reciprocal(sqrt(add(mean(mul(centred, centred), last, true), scalar(eps))))
  const unit = mul(centred, scale)
  return withGradient([x, weight, bias], add(mul(unit, weight), bias), (g) => {
    const gw = mul(g, weight)
    const dx = mul(scale, sub(sub(gw, mean(gw, last, true)), mul(unit, mean(mul(gw, unit), last, true))))
    const others = x.shape.flatMap((_, axis) => (axis === last[0] ? [] : [axis]))
    return [dx, sum(mul(g, unit), others), sum(g, others)]
  })
}
