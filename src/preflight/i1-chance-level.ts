// I1: the loss of an untrained model is what chance says, in both directions.
// Not whether it learns (O4), nor whether evaluation computes the loss rightly (V4).
//
// Classification, C classes. Two comparisons of the mean cross-entropy L, recomputed in float64 from the outputs:
//  1. against `independent`, the same logits with labels that know nothing of them: mean of logsumexp(z) − Σ πc·zc. An untrained
//     model knows nothing of the labels, so |L − independent| is sampling noise: 4 standard errors. Below it: labels leak, or
//     the weights are not new. A loss under the entropy of the labels, which no blind prediction can beat, is the signature.
//  2. `independent` against ln C: how much the spread σ of the logits costs, ≈ σ²(1−1/C)/2. Any spread is honest arithmetic,
//     so a high loss only warns, unless it is overwhelming: four times chance and ten nats above it, explained by σ, no tied weights (a tied
//     embedding drawn from N(0,1) starts there and trains well), inputs of ordinary size (large inputs make large logits).
// A head of zeros gives ln C, a bias of the log prior H(π): both lie inside. Pretrained: no upper bound, and failing to beat
// chance only warns, since a new head on a pretrained body starts at chance.
// A training loss of B × the mean over B samples is a sum: a signature, whatever the level.
// Regression: blind predictions give var(y) + mean(y)² or var(y); skip connections beat both honestly, so levels only warn.
// Custom: each declared term within a quarter (WARN) or a factor of 3 (NO-GO) of its declaration.
import { define, noGo, number, type Outcome, skipped } from './check.ts'
import type { Context } from './context.ts'
import { type Initial, lossPlace, meanLoss } from './initial.ts'
import { classificationLevel } from './initial-classification.ts'
import { customLevel } from './initial-custom.ts'
import { regressionLevel } from './initial-regression.ts'
import { tracedStep } from './traced.ts'

export const i1 = define({
  code: 'I1',
  needs: ['reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const { records } = await context.reference()
    const [first] = records
    if (!first) return skipped('no training step was made')
    const evaluation = await context.evaluation('initial')
    const initial: Initial = { context, evaluation, first }
    const notFinite = finite(initial)
    if (notFinite) return notFinite
    const summed = sumReduced(initial)
    if (summed) return summed
    switch (context.task.kind) {
      case 'classification':
        return classificationLevel(initial, context.task)
      case 'regression':
        return regressionLevel(initial, context.task)
      case 'custom':
        return customLevel(initial, context.task, await shareLeftByMask(context))
      default:
        return context.task satisfies never
    }
  },
})

/** Of a mean over all places of a masked loss: the share of places that the mask leaves. Null: the graph shows no such mean. */
const shareLeftByMask = async (context: Context): Promise<number | null> => {
  if (!context.can('trace') || !context.can('suppressUpdates')) return null
  const faults = (await tracedStep(context))?.losses?.faults ?? []
  return faults.find(({ fault }) => fault === 'masked-mean')?.share ?? null
}

const finite = ({ context, evaluation, first }: Initial): Outcome | null => {
  const validation = evaluation.metrics.loss
  if (Number.isFinite(first.loss) && (validation === undefined || Number.isFinite(validation))) return null
  return noGo('loss-not-finite', 'the first loss is not a finite number', {
    seen: `training loss ${first.loss}${validation === undefined ? '' : `, validation loss ${validation}`} before the first update`,
    expected: 'finite losses',
    where: lossPlace(context),
    evidence: { trainLoss: first.loss, ...(validation === undefined ? {} : { validationLoss: validation }) },
    advice: 'use a fused cross-entropy on logits instead of log(softmax), and look for NaN in the inputs',
  })
}

/** A first training loss of B times the mean over samples. */
const sumReduced = ({ context, evaluation, first }: Initial): Outcome | null => {
  const { count } = first.samples
  const mean = meanLoss(context.task, evaluation)
  if (mean === null || !(mean.value > 1e-6)) return null
  const ratio = first.loss / mean.value
  const [low, high] = mean.recomputed ? [0.6, 1.6] : [0.8, 1.25]
  if (count < (mean.recomputed ? 8 : 32) || ratio < low * count || ratio > high * count) return null
  // a sum over that many outputs of one sample is another thing, and may be meant
  if (context.task.kind === 'regression' && context.task.outputs > count / 2) return null
  return noGo('sum-reduction', 'the training loss is a sum over the batch', {
    seen: `first training loss ${number(first.loss)} on ${count} samples: ${number(ratio)} × the mean loss ${number(mean.value)}`,
    expected: `a mean near ${number(mean.value)}`,
    where: lossPlace(context),
    evidence: { trainLoss: first.loss, meanLoss: mean.value, ratio, batch: count },
    advice: "reduction='mean', or divide the sum by the number of samples",
  })
}
