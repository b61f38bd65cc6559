// The public list of the train room.
export { type HarnessState, harnessFrom } from './harness.ts'
export { type StoppingRule, type TrainOptions, train } from './train.ts'
