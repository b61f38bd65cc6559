// D9: what stands where there is padding has no influence: not on outputs, and not on the loss; and something is supervised at all.
// Not padded samples at the end of an evaluation (V2, P2).
//
// The batch says which positions are padding: attention_mask, a padding_mask, lengths, or ends of one repeated token whose targets
// are left out. Its content is replaced by other values that occur
// in the batch, first in the targets, then in the inputs, and the evaluation is made again. An attention or padding mask that is there and not
// heeded is a broken word. Convolutions look past a length, and a plain mask may mean anything, so there it is a warning; and a
// target that ends a text may stand on the first padding: only where most of the padding is scored is it a fault.
//
// Where nothing says it and samples have unequal lengths, short and long ones are evaluated apart and together (ragged.ts).
import type { Evaluation, Survey } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { surveyOf } from './data.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import { unequalLengths } from './unequal.ts'
import { metricsApart } from './v2-batch-size-invariance.ts'

const limit = 64

export const d9 = define({
  code: 'D9',
  needs: ['survey', 'corrupt', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const [train, val] = [await surveyOf(context, 'train'), await surveyOf(context, 'val')]
    const unsupervised = nothingSupervised(context, train)
    if (unsupervised) return unsupervised
    const { padding } = val
    if (!padding)
      return (
        (await unequalLengths(context, val)) ??
        skipped(
          'nothing says which positions are padding: no attention_mask, padding_mask or lengths, no ends that are left out, no samples of unequal length',
        )
      )
    if (padding.share === 0) return skipped(`${padding.field} marks no padding in ${val.samples} validation samples`)
    const ask = async (what: 'input' | 'target' | null): Promise<Evaluation> => {
      const trial = await context.at('trained')
      return trial.evaluate({ limit, sameNoise: true, corrupt: what && { kind: 'paddingChanged', what } })
    }
    const usual = await ask(null)
    const tolerance = roundingOf(arithmeticOf(context.facts, usual)).metric
    if (metricsApart(usual, await ask(null), tolerance).length > 0) return skipped('the evaluation differs from itself')
    const evidence = { field: padding.field, share: padding.share, scored: padding.scored, samples: usual.samples }
    // targets first: what is scored there answers to its inputs as well
    const [scored] =
      padding.scored === null || padding.scored === 0 ? [] : metricsApart(usual, await ask('target'), tolerance)
    if (scored) {
      const certain = (padding.scored ?? 0) > 0.5
      return (certain ? noGo : warn)('padding-scored', 'padding is scored', {
        seen: `val_${scored.name} ${number(scored.a)}, and ${number(scored.b)} with other targets where ${padding.field} says padding`,
        expected: 'a loss over what is no padding',
        where: placeOf(context.facts, 'loss', 'evaluate', 'data', 'setup'),
        evidence: { ...evidence, usual: scored.a, changed: scored.b },
        advice: 'set targets of padding to −100, or multiply the loss by the mask and divide by its sum',
      })
    }
    const [seen] = metricsApart(usual, await ask('input'), tolerance)
    const where = placeOf(context.facts, 'model', 'evaluate', 'setup')
    if (seen) {
      const certain = /attention|padding/.test(padding.field)
      return (certain ? noGo : warn)('padding-seen', 'what padding contains changes the result', {
        seen: `val_${seen.name} ${number(seen.a)}, and ${number(seen.b)} with other inputs where ${padding.field} says padding`,
        expected: 'the same value, whatever padding contains',
        where,
        evidence: { ...evidence, usual: seen.a, changed: seen.b },
        advice: `give ${padding.field} to the model, and mask in every layer that mixes positions`,
      })
    }
    return go(`what padding contains changes nothing; ${number(100 * padding.share)} % of positions are padding`, {
      seen: Object.entries(usual.metrics)
        .map(([name, value]) => `val_${name} ${number(value)}`)
        .join(', '),
      expected: 'the same with other inputs and targets in padding',
      evidence,
    })
  },
})

/** Every target is −100: the loss is a mean over nothing. */
const nothingSupervised = ({ facts }: Context, { fields, samples }: Survey): Outcome | null => {
  const target = fields.find(({ role }) => role === 'target')
  if (target?.ignored !== 1) return null
  return noGo('nothing-supervised', 'no target is left to learn from', {
    seen: `all targets of ${samples} training samples are −100, which losses leave out`,
    expected: 'some targets that count',
    where: placeOf(facts, 'data', 'datasets', 'setup'),
    evidence: { samples, ignored: target.ignored },
    advice: 'look at how targets are masked: the mask may be inverted, or the text cut off before its answer',
  })
}
