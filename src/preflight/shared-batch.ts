// One batch that is training and validation at once, a graph with masks: no target that validation scores may move the training loss. A part of D3.
// Not samples that lie in both splits (d3-split-overlap.ts).
//
// Single targets are changed, one at a time, and a step whose update is suppressed and an evaluation are made on the same batch. A target
// that the loss and a score both hang on is trained on and scored. Fewer than three may be a slip of the masks, and pass.
import { noGo, number, type Outcome, placeOf } from './check.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'

const fewest = 3

export const sharedBatch = async (context: Context): Promise<Outcome | null> => {
  const { train = 0, val = train } = context.facts.samples
  // one graph, or a few: what is put together from samples is compared sample by sample
  if (!context.can('perturbTraining') || !context.can('frozenBatch') || train !== val || train > 4) return null
  const trial = await context.at('initial')
  const shared = await trial.perturb({ shared: true }).then(
    (found) => found.shared ?? null,
    (error: unknown) => {
      if (!(error instanceof Crash) || endsProcess(error)) throw error
      return null
    },
  )
  if (!shared || shared.both < fewest || shared.both <= context.plan.run.preflight.overlap * shared.scored) return null
  const { field, tried, trained, scored, both } = shared
  return noGo('splits-overlap', 'targets that validation scores are trained on', {
    seen: `of ${tried} values of ${field}, changed one by one, ${trained} change the training loss and ${scored} a score of validation; ${both} change both`,
    expected: `${number(100 * context.plan.run.preflight.overlap)} % at most, as preflight.overlap says`,
    where: placeOf(context.facts, 'train_step', 'loss', 'setup'),
    evidence: { ...shared },
    advice: 'take the loss over the training mask alone: loss(logits[train], label[train])',
  })
}
