// The engine's entry to the tensor room: names, first values, programs, sessions.
// Not for experiments; they import index.ts.
import { type Layer, named } from './nn/module.ts'
import { firstValues } from './nn/param.ts'

export { type EvaluationOptions, traceEvaluation } from './evaluation.ts'
export type { ForwardOptions, Terms } from './forward.ts'
export { type LookedThrough, lookThrough } from './lookThrough.ts'
export type { LossFault } from './lossFaults.ts'
export { type Layer, type Named, named } from './nn/module.ts'
export { seedWords } from './philox.ts'
export type { FieldShape, Port, Program, StatePort } from './program.ts'
export { traceReach } from './reach.ts'
export { recorded, sequencesIn } from './recorded.ts'
export { openSession, type Session, type SessionOptions, type Values } from './session.ts'
export { type TrainingOptions, traceGradients, traceTraining } from './training.ts'
export { traceUpdate, type UpdateOptions } from './update.ts'

/** First values of every parameter and buffer by path: a function of seed and path. Optimizer slots start at zero. */
export function initialise(model: Layer, seed: number): Map<string, Float32Array> {
  const entries = named(model).filter(({ tiedTo }) => tiedTo === undefined)
  return new Map(entries.map(({ path, tensor }) => [path, firstValues(tensor, seed, path)]))
}
