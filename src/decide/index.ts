// decide/: events → decisions. Pure: no clock, no files, no randomness.
// Not the loop: train/ feeds events in, saves the state with each checkpoint and obeys what comes out.
export { type BaselinePoint, baseline } from './baseline.ts'
export { type Best, best, bestSoFar, better } from './best.ts'
export { divergence } from './divergence.ts'
export { notFinite } from './not-finite.ts'
export { patience } from './patience.ts'
export { compose, general, type Rule, type State } from './rule.ts'
export { stopping } from './stopping.ts'
