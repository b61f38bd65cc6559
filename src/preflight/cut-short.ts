// Whether an evaluation stops after a number of batches on purpose, or because its loader drops the last one.
// Not how many samples are missing (V4, V6).
//
// Who looks at so many batches looks at as many where they are smaller; a loader that drops its last batch then has more of them. And one
// that is given a batch more than it looks at has broken off its loop.
import type { Evaluation } from '../contract/index.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import type { Trial } from './trial.ts'

export const isCutShort = async (
  context: Context,
  trial: Trial,
  { samples, batches, perSample }: Evaluation,
): Promise<boolean> => {
  if (perSample && perSample.count < samples) return true
  const size = Math.ceil(context.plan.run.evaluate.batch_size / 2)
  if (!context.can('evaluateAnyBatchSize') || batches < 1 || size < 1) return false
  try {
    const smaller = await trial.evaluate({ batchSize: size })
    return smaller.batches === batches && smaller.samples < samples
  } catch (error) {
    if (error instanceof Crash) return false
    throw error
  }
}
