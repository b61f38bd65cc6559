// decide/: events → decisions. Pure: no clock, no files, no randomness.
// Not the loop: train/ feeds events in, saves the state with each checkpoint and obeys what comes out.
export { type BenchmarkConstants, benchmark } from './benchmark.ts'
export { learnedLag, seedNoise } from './learn.ts'
export { type BaselineCurve, type BaselinePoint, type Profile, profileOf } from './profile.ts'
export { type Rule, ruleChanges, type State } from './rule.ts'
export { type Comparison, constantsOf, stopping } from './stopping.ts'
