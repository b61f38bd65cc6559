// Activations: functions of one tensor, usable wherever a layer is.
// Formulas with gradients of their own are in ops/softmax.ts.

import type { Node } from '../graph/node.ts'
import { axisOf } from '../graph/shape.ts'
import * as composed from '../ops/softmax.ts'
import * as math from '../primitives/elementwise.ts'
import { Tensor } from '../tensor.ts'

type Same = <R>(x: Tensor<R>) => Tensor<R>
const lift =
  (run: (x: Node) => Node): Same =>
  (x) =>
    new Tensor(run(x.node))

/** max(x, 0); gradient 0 at 0. */
export const relu = lift(math.relu)
/** x·Φ(x), exact (not the tanh form), as PyTorch's default. */
export const gelu = lift(composed.gelu)
/** x·sigmoid(x) */
export const silu = lift((x) => math.mul(x, math.sigmoid(x)))
export const sigmoid = lift(math.sigmoid)
export const tanh = lift(math.tanh)
/** log(1 + exp(x)) */
export const softplus = lift(math.softplus)
export const identity: Same = (x) => x
/** Over the last axis unless another is given. */
export const softmax = <R>(x: Tensor<R>, axis = -1): Tensor<R> =>
  new Tensor(composed.softmax(x.node, axisOf(axis, x.node.shape.length)))
/** Joins the axes after the first. */
export const flatten = (x: Tensor): Tensor<2> => x.flatten(1)
