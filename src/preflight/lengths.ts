// How much of an experiment a poll runs: batches an epoch, validation samples, the length that it is opened with.
// Nothing is run here.
import type { OpenRequest, Plan } from '../contract/index.ts'

/** About a thousand, ten batches of V2's size and one sample over, and a last batch of more than one at the usual size. */
export const validationSamples = (batchSize: number): number => {
  for (let samples = 1001; samples > 900; samples -= 10)
    if (samples % batchSize > 1 && (samples - 1) / 10 !== batchSize) return samples
  return 1001
}

/** Batches an epoch in preflight: a few, so that a short run crosses epochs where the real run has several. */
export const epochLength = ({ run }: Plan, stepsPerEpoch: number): number => {
  const { length } = run.train
  const epochs = 'epochs' in length ? length.epochs : Math.max(1, Math.floor(length.steps / Math.max(1, stepsPerEpoch)))
  return Math.min(stepsPerEpoch, Math.max(4, Math.ceil(16 / epochs)))
}

/** A schedule may end with its run; fitting one batch takes more steps than short epochs have. */
const horizon = 320

/** The run's length, so that no probe goes past its end. */
export const lengthened = ({ run }: Plan, epoch: number): OpenRequest['length'] => {
  const { length } = run.train
  if ('steps' in length) return { steps: Math.max(length.steps, horizon) }
  return { epochs: Math.max(length.epochs, Math.ceil(horizon / Math.max(1, epoch))) }
}

/** Steps that the run itself has, in epochs of this length: the reference run crosses no boundary that the run does not. */
export const ownSteps = ({ run }: Plan, epoch: number): number => {
  const { length } = run.train
  return 'steps' in length ? length.steps : length.epochs * epoch
}
