// Where the trials of a sweep are judged: shares of a run that fall on its evaluations.
// Not who goes on from there.
import type { Plan } from '../../contract/index.ts'
import type { SweepSettings } from '../../contract/sweep.ts'

type Length = Pick<Plan, 'steps' | 'stepsPerEpoch'> & { readonly run: Pick<Plan['run'], 'evaluate'> }

/** Ascending, each once, the last is 1: 1/reduction of the one above, as long as that is not before `first`. */
export const rungsOf = (
  { prune, reduction, first }: Pick<SweepSettings, 'prune' | 'reduction' | 'first'>,
  { steps, stepsPerEpoch, run }: Length,
): number[] => {
  if (prune === 'none' || prune === 'median') return [1]
  const { every } = run.evaluate
  const period = 'steps' in every ? every.steps : every.epochs * stepsPerEpoch
  const shares: number[] = []
  for (let share = 1; share >= first - 1e-9; share /= reduction) {
    const step = Math.min(steps, Math.ceil((share * steps) / period - 1e-9) * period)
    shares.push(step / steps)
  }
  return [...new Set(shares)].sort((a, b) => a - b)
}

/** Whether a run has come to a share: shares are quotients, and the same evaluation may differ in the last bit. */
export const isAt = (step: number, steps: number, share: number): boolean => step / steps >= share - 1e-9
