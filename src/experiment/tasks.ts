// The tasks as a researcher writes them. What each means for losses, metrics and chance lies elsewhere.
import { type Task, task } from '../contract/task.ts'
import type { Tensor } from '../tensor/index.ts'
import type { Any } from '../tensor/types.ts'
import type { TaskOf } from './experiment.ts'

/**
 * C-way classification: batches `{ input, label }`, logits [batch, classes], labels int32 [batch] in 0 … C−1.
 * Loss: softmax cross-entropy in nats, with smoothing ε where given. Metrics: loss (without smoothing), accuracy.
 */
export const classification = (options: {
  readonly classes: number
  readonly smoothing?: number
  readonly pretrained?: boolean
}): TaskOf<{ input: Tensor<Any, Any>; label: Tensor<1, 'int32'> }, Tensor<2>> =>
  task.parse({ kind: 'classification', ...options }) as Task & { kind: 'classification' }

/** Regression: batches `{ input, target }`, output and target [batch, outputs]. Loss: mean squared error. */
export const regression = (
  options: { readonly outputs?: number; readonly pretrained?: boolean } = {},
): TaskOf<{ input: Tensor<Any, Any>; target: Tensor<2> }, Tensor<2>> =>
  task.parse({ kind: 'regression', ...options }) as Task & { kind: 'regression' }

/** Anything else: the experiment gives its own `loss`, and declares what to expect of it. */
export const custom = (options: {
  readonly expect: { readonly initial: Readonly<Record<string, number>>; readonly floor?: number | 'unknown' }
  readonly pretrained?: boolean
}): TaskOf<Any, Any> => task.parse({ kind: 'custom', ...options }) as Task & { kind: 'custom' }
