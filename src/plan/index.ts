// The plan room: Config → Plan. What other rooms may use of it.
export { type Difference, differences } from './differences.ts'
export type { Part } from './fingerprint.ts'
export { type Ingredients, makePlan } from './makePlan.ts'
export { type Changes, openRequest, type Pieces } from './openRequest.ts'
export { sweepPoints } from './sweep/points.ts'
export { isSweep, seedsOf, sweepTrials, trialName } from './sweep/sweepTrials.ts'
