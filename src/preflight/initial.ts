// The first loss as I1 sees it: the evaluation before any update, and the first training step.
// What it ought to be is in the file of each kind of task.
import type { Evaluation, StepRecord, Task } from '../contract/index.ts'
import { placeOf } from './check.ts'
import type { Context } from './context.ts'
import { crossEntropies, errorsOf, mean, outputsOf, readingsOf } from './outputs.ts'

export type Initial = { readonly context: Context; readonly evaluation: Evaluation; readonly first: StepRecord }

export const lossPlace = ({ facts }: Context): string | null => placeOf(facts, 'loss', 'train_step', 'model', 'setup')

export const modelPlace = ({ facts }: Context): string | null => placeOf(facts, 'model', 'setup')

/** Mean loss over validation samples: recomputed from outputs where there are any, else as reported if that is credible. */
export const meanLoss = (task: Task, evaluation: Evaluation): { value: number; recomputed: boolean } | null => {
  if (task.kind === 'custom') return null
  const outputs = evaluation.perSample ? outputsOf(evaluation.perSample) : null
  if (outputs && task.kind === 'regression' && outputs.width === outputs.targetWidth)
    return { value: mean(errorsOf(outputs, 'squared')), recomputed: true }
  if (outputs && task.kind === 'classification') {
    const [reading = 'unknown'] = readingsOf(outputs, task.classes)
    if (reading !== 'unknown') return { value: mean(crossEntropies(outputs, reading)), recomputed: true }
  }
  // without outputs only a level near chance can be told from a sum
  if (task.kind === 'classification' && !task.pretrained) return { value: Math.log(task.classes), recomputed: false }
  return null
}
