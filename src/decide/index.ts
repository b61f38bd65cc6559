// decide/: events → decisions. Pure: no clock, no files, no randomness.
// Not the loop: train/ feeds events in, saves the state with each checkpoint and obeys what comes out.
export type { BaselinePoint } from './baseline.ts'
export type { Rule, State } from './rule.ts'
export { stopping } from './stopping.ts'
