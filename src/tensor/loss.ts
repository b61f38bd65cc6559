// Losses from logits and targets. Each says what it averages over.
// Not metrics: accuracy and the like are the tasks' affair.
import { fail } from './graph/error.ts'
import type { Node } from './graph/node.ts'
import { axesOf, sameShape, show } from './graph/shape.ts'
import { runningTrace } from './graph/trace.ts'
import { logSoftmax } from './ops/softmax.ts'
import { and, greaterEqual, less, where } from './primitives/compare.ts'
import { add, mul, neg, softplus, sub } from './primitives/elementwise.ts'
import { oneHot } from './primitives/index-of.ts'
import { scalar } from './primitives/leaf.ts'
import { mean, sum } from './primitives/reduce.ts'
import { Tensor } from './tensor.ts'
import type { Any, Down } from './types.ts'

/** 'mean' and 'sum' over all rows; 'none' keeps a loss for each row. */
export type Reduction = 'mean' | 'sum' | 'none'

function reduced(losses: Node, reduction: Reduction): Node {
  const axes = axesOf(undefined, losses.shape.length)
  if (reduction === 'none') return losses
  return reduction === 'mean' ? mean(losses, axes) : sum(losses, axes)
}

interface CrossEntropyOptions<K extends Reduction> {
  /** Share of the target spread evenly over all classes (Szegedy et al. 2016, section 7). */
  readonly smoothing?: number
  readonly reduction?: K
}

/**
 * Cross-entropy of integer labels, natural logarithm: logits [..., classes], labels int32 [...].
 * Mean over rows unless `reduction` says otherwise. A label outside 0…classes-1 makes the loss NaN.
 * Throws SHAPE_CROSS_ENTROPY, LABELS_DTYPE.
 */
export function crossEntropy<R>(
  logits: Tensor<R>,
  labels: Tensor<Down<NoInfer<R>>, 'int32'>,
  options?: CrossEntropyOptions<'mean' | 'sum'>,
): Tensor<0>
export function crossEntropy<R>(
  logits: Tensor<R>,
  labels: Tensor<Down<NoInfer<R>>, 'int32'>,
  options: CrossEntropyOptions<'none'>,
): Tensor<Down<R>>
export function crossEntropy(
  logits: Tensor,
  labels: Tensor<Any, 'int32'>,
  options: CrossEntropyOptions<Reduction> = {},
): Tensor {
  const { smoothing = 0, reduction = 'mean' } = options
  const { shape } = logits.node
  if (shape.length === 0 || !sameShape(labels.node.shape, shape.slice(0, -1))) {
    fail({
      code: 'SHAPE_CROSS_ENTROPY',
      seen: `logits ${show(shape)}, labels ${show(labels.node.shape)}`,
      expected: `labels ${show(shape.slice(0, -1))}: one whole number for each row of logits`,
    })
  }
  if (labels.node.dtype !== 'int32') {
    fail({ code: 'LABELS_DTYPE', seen: `${labels.node.dtype} labels`, expected: 'int32 class numbers' })
  }
  runningTrace()?.losses.push({ name: 'crossEntropy', input: logits.node, labels: labels.node })
  const last = shape.length - 1
  const log = logSoftmax(logits.node, last)
  const classes = shape[last]!
  const valid = and(greaterEqual(labels.node, scalar(0, 'int32')), less(labels.node, scalar(classes, 'int32')))
  const picked = sum(mul(log, oneHot(labels.node, classes)), [last])
  const right = where(valid, picked, scalar(Number.NaN))
  const target =
    smoothing === 0 ? right : add(mul(right, scalar(1 - smoothing)), mul(mean(log, [last]), scalar(smoothing)))
  return new Tensor(reduced(neg(target), reduction))
}

function sameShapes(a: Node, b: Node, name: string): void {
  if (sameShape(a.shape, b.shape)) return
  fail({
    code: 'SHAPE_LOSS',
    seen: `${name} of ${show(a.shape)} against ${show(b.shape)}`,
    expected: 'equal shapes: broadcasting a loss hides mistakes',
    try: 'reshape one of them',
  })
}

/** (prediction - target)², mean over everything unless `reduction` says otherwise. Throws SHAPE_LOSS. */
export function mse<R>(
  prediction: Tensor<R>,
  target: Tensor<NoInfer<R>>,
  options?: { readonly reduction?: 'mean' | 'sum' },
): Tensor<0>
export function mse<R>(
  prediction: Tensor<R>,
  target: Tensor<NoInfer<R>>,
  options: { readonly reduction: 'none' },
): Tensor<R>
export function mse(prediction: Tensor, target: Tensor, options: { readonly reduction?: Reduction } = {}): Tensor {
  sameShapes(prediction.node, target.node, 'mse')
  const difference = sub(prediction.node, target.node)
  return new Tensor(reduced(mul(difference, difference), options.reduction ?? 'mean'))
}

/** Binary cross-entropy of logits against targets in 0…1, elementwise: log(1 + eˣ) - x·target. Throws SHAPE_LOSS. */
export function bceWithLogits<R>(logits: Tensor<R>, target: Tensor<NoInfer<R>>): Tensor<R> {
  sameShapes(logits.node, target.node, 'bceWithLogits')
  runningTrace()?.losses.push({ name: 'bceWithLogits', input: logits.node })
  return new Tensor(sub(softplus(logits.node), mul(logits.node, target.node)))
}
