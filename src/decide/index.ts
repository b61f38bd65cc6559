// decide/: events → decisions. Pure: no clock, no files, no randomness.
// Not the loop: train/ feeds events in, saves the state with each checkpoint and obeys what comes out.
export { type BenchmarkConstants, benchmark, isDue, isHopeless } from './benchmark.ts'
export { compareSeeds, type SeedComparison } from './compare.ts'
export { type Learned, learned, seedNoise } from './learn.ts'
export {
  type BaselineCurve,
  type BaselinePoint,
  envelope,
  indexAt,
  meanAt,
  type Profile,
  profileOf,
} from './profile.ts'
export { type Rule, ruleChanges, type State } from './rule.ts'
export { schedulesDiffer, shapeOf, shapePoints, shapeSteps } from './schedule.ts'
export { deviation, mean, proportionInterval } from './spread.ts'
export { type Standing, standingOf } from './standing.ts'
export { type Comparison, constantsOf, stopping } from './stopping.ts'
export { type Limits, limitsOf, shortOf } from './sweep/median.ts'
export { prunerOf, type Sweep } from './sweep/pruners.ts'
export { type Ranked, rankingOf, type TrialState } from './sweep/ranking.ts'
export { isAt, rungsOf } from './sweep/rungs.ts'
export { type Task, type Timeline, timelineOf } from './sweep/timeline.ts'
export { noTrack, progressOf, tracked } from './track.ts'
