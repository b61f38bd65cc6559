// When to evaluate and when to checkpoint: the next step at which something is due. Pure arithmetic on step numbers.
import type { Plan } from '../contract/index.ts'

type Every = { readonly epochs: number } | { readonly steps: number } | { readonly minutes: number }

/** The first multiple of the cadence after `step`; Infinity where only the clock decides. */
const nextDue = (every: Every, step: number, stepsPerEpoch: number): number => {
  if ('minutes' in every) return Number.POSITIVE_INFINITY
  const period = 'steps' in every ? every.steps : every.epochs * stepsPerEpoch
  return (Math.floor(step / period) + 1) * period
}

export type Cadence = {
  /** The next step at which anything is due, the end of the run at the latest. */
  readonly boundary: (step: number) => number
  readonly evaluationDue: (step: number) => boolean
  /** `seconds` since the last checkpoint. */
  readonly checkpointDue: (step: number, seconds: number) => boolean
}

export const cadenceOf = ({ run, steps, stepsPerEpoch }: Plan): Cadence => {
  const due = (every: Every, step: number) => step === steps || nextDue(every, step - 1, stepsPerEpoch) === step
  const evaluate = run.evaluate.every
  const checkpoint = run.checkpoint.every
  return {
    boundary: (step) =>
      Math.min(steps, nextDue(evaluate, step, stepsPerEpoch), nextDue(checkpoint, step, stepsPerEpoch)),
    evaluationDue: (step) => due(evaluate, step),
    checkpointDue: (step, seconds) =>
      due(checkpoint, step) || ('minutes' in checkpoint && seconds >= checkpoint.minutes * 60),
  }
}
