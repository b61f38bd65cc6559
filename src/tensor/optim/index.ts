// The list behind `optim`.
// Named exports only; nothing is defined here.
export { type AdamOptions, adam, adamw } from './adam.ts'
export type { Optimizer, OptimizerOptions } from './optimizer.ts'
export { type SgdOptions, sgd } from './sgd.ts'
