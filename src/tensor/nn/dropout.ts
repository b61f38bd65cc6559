// Dropout, and the question it asks: is this graph for training?
// Its noise is keyed by sample (random.ts), so a batch never changes a sample's mask.
import { fail } from '../graph/error.ts'
import type { Node } from '../graph/node.ts'
import { currentTrace } from '../graph/trace.ts'
import { where } from '../primitives/compare.ts'
import { mul } from '../primitives/elementwise.ts'
import { scalar } from '../primitives/leaf.ts'
import { bernoulli } from '../random.ts'
import { Tensor } from '../tensor.ts'
import { module } from './module.ts'

/** True while a training graph is traced. Throws TRACE_NONE outside a graph. */
export const isTraining = (): boolean => currentTrace('nn.isTraining').mode === 'training'

export function checkProbability(p: number): void {
  if (p >= 0 && p < 1) return
  fail({ code: 'DROPOUT_RANGE', seen: `dropout(${p})`, expected: 'a probability from 0 up to, not including, 1' })
}

/** Dropout of a node: values dropped with probability p, the others scaled by 1/(1 - p). */
export function dropped(x: Node, p: number, stream: string): Node {
  const trace = currentTrace('dropout')
  if (p === 0 || trace.mode === 'evaluation' || !trace.regularise) return x
  const drop = bernoulli(stream, x.shape, p).node
  return mul(x, where(drop, scalar(0), scalar(1 / (1 - p))))
}

/** Srivastava et al. 2014. The identity in evaluation graphs, and where regularisation is off. Throws DROPOUT_RANGE. */
export function dropout(p: number): <R>(x: Tensor<R>) => Tensor<R> {
  checkProbability(p)
  return module({}, (_, x: Tensor) => new Tensor(dropped(x.node, p, 'dropout'))) as <R>(x: Tensor<R>) => Tensor<R>
}
