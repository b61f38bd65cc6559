// D9 where nothing says which positions are padding: short and long samples are evaluated apart and together (ragged.ts).
// Not a mask that is there and not heeded (d9-padding.ts).
import type { Evaluation, Survey } from '../contract/index.ts'
import { askedOf } from './asked.ts'
import { go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { samplesOf } from './data.ts'
import { apartBy, dividesByPadding, type Losses } from './ragged.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import { metricsApart } from './v2-batch-size-invariance.ts'

const [fewest, group] = [24, 8]
type Groups = Readonly<Record<'a' | 'b' | 'c', readonly number[]>>

/** Samples of unequal length that a batch fills up, whatever with: their weight in the loss, and what they add to it, must not hang on it. */
export const unequalLengths = async (context: Context, val: Survey): Promise<Outcome | null> => {
  if (!context.can('evaluateAnyBatchSize')) return null
  const lengths = (await samplesOf(context, 'val'))
    .flatMap(({ id, length }) => (length === undefined ? [] : [{ id, length }]))
    .toSorted((a, b) => a.length - b.length || a.id - b.id)
  const [shortest, longest] = [lengths[0]?.length ?? 0, lengths.at(-1)?.length ?? 0]
  if (lengths.length < fewest || shortest === longest) return null
  const from = (place: number) => lengths.slice(place, place + group).map(({ id }) => id)
  const groups = { a: from(0), b: from((lengths.length - group) >> 1), c: from(lengths.length - group) }
  const first = await inOneBatch(context, groups.a)
  const tolerance = roundingOf(arithmeticOf(context.facts, first)).metric
  if (metricsApart(first, await inOneBatch(context, groups.a), tolerance).length > 0)
    return skipped('the evaluation differs from itself')
  const measured = await measuredOf(context, groups)
  const losses = scoreOf(measured, 'loss')
  if (!Object.values(losses).every(Number.isFinite)) return null
  const apart = apartBy(losses, tolerance)
  if (apart === 'unclear')
    return skipped('losses of short and long samples are too near each other to tell what filling up does')
  const others = apart ? [] : scoresApart(measured, tolerance)
  const alike = apart || others.length > 0 ? alikeGroups(lengths) : null
  const level = alike && (await measuredOf(context, alike))
  // a loss that compares the samples of its batch has no such mean, whatever their lengths
  if (apart && (!level || apartBy(scoreOf(level, 'loss'), tolerance) !== null))
    return skipped('the loss of a batch is no mean over its samples, with equal lengths either')
  const [scored] = others.filter(({ name }) => level && apartBy(scoreOf(level, name), tolerance) === null)
  const asked = await askedOf(context, val)
  const evidence = { shortest, longest, ...losses, ...(asked ? { paddingScored: asked.paddingScored } : {}) }
  if (scored)
    return noGo('padding-scored', `padding counts in val_${scored.name}, and not in the loss`, {
      seen: `val_${scored.name} of ${scored.of.length * group} samples of ${shortest} to ${longest} in one batch is ${number(scored.seen)}; what they have in smaller batches gives ${number(scored.expected)}`,
      expected: 'a score of what is no padding, as the loss is, however much samples are filled up',
      where: placeOf(context.facts, 'evaluate', 'metrics', 'loss', 'setup'),
      evidence: { ...evidence, metric: scored.name, ...scoreOf(measured, scored.name) },
      alternatives: ['wrong-divisor', 'metric-wrong', 'batch-dependent-outputs'],
      advice: 'leave padding out of what is right and of what it is divided by',
    })
  if (apart === null)
    return go(`samples of ${shortest} to ${longest} count the same beside longer ones`, {
      seen: `val_loss of three groups, in pairs and together, agree within ${tolerance}`,
      expected: 'the loss of a batch as a mean of what its samples have alone',
      evidence,
    })
  const found = {
    seen: `val_loss of ${apart.name.length * group} samples of ${shortest} to ${longest} in one batch is ${number(apart.seen)}; what they have in smaller batches gives ${number(apart.expected)}`,
    expected: 'the loss of a batch as a mean of what its samples have alone, however much they are filled up',
    evidence,
  }
  if (dividesByPadding(losses, tolerance))
    return noGo('padding-scored', 'padding is counted in what the loss is divided by', {
      ...found,
      seen: `${found.seen}; the sums behind them add up, over all places of each batch, padding among them`,
      where: placeOf(context.facts, 'loss', 'evaluate', 'data', 'setup'),
      alternatives: ['wrong-divisor', 'padding-seen'],
      advice: 'divide by the number of places that are no padding: (loss * mask).sum() / mask.sum()',
    })
  // the loss itself was seen to score what lies behind the end of a sample
  return asked && asked.padding > 0.02 && asked.paddingScored > 0.9
    ? noGo('padding-scored', 'padding is scored', {
        ...found,
        where: placeOf(context.facts, 'loss', 'evaluate', 'data', 'setup'),
        alternatives: ['padding-seen'],
        advice:
          'set targets of padding to −100 (or give ignore_index), and divide by the number of targets that are left',
      })
    : warn('padding-seen', 'how far a sample is filled up changes what it contributes', {
        ...found,
        where: placeOf(context.facts, 'model', 'evaluate', 'setup'),
        alternatives: ['padding-scored', 'batch-dependent-outputs'],
        advice:
          'mask padding in every layer that mixes positions (attention, pooling, a backward LSTM), and in the loss',
      })
}

const inOneBatch = async (context: Context, ids: readonly number[]): Promise<Evaluation> => {
  const trial = await context.at('trained')
  return trial.evaluate({ ids: [...ids], batchSize: ids.length, sameNoise: true })
}

type Measured = Readonly<Record<keyof Losses, Evaluation['metrics']>>

const scoreOf = (measured: Measured, name: string): Losses => {
  const of = (metrics: Evaluation['metrics']) => new Map(Object.entries(metrics)).get(name) ?? Number.NaN
  const { a, b, c, ab, ac, bc, abc } = measured
  return { a: of(a), b: of(b), c: of(c), ab: of(ab), ac: of(ac), bc: of(bc), abc: of(abc) }
}

/** Other metrics that no weights of samples explain, where the loss has such: a ratio of two sums over samples always has. */
const scoresApart = (measured: Measured, tolerance: number) =>
  Object.keys(measured.abc).flatMap((name) => {
    const values = scoreOf(measured, name)
    const apart = name !== 'loss' && Object.values(values).every(Number.isFinite) && apartBy(values, tolerance)
    return apart && apart !== 'unclear' ? [{ ...apart, name, of: apart.name }] : []
  })

const measuredOf = async (context: Context, { a, b, c }: Groups): Promise<Measured> => {
  const of = async (...groups: readonly (readonly number[])[]) => (await inOneBatch(context, groups.flat())).metrics
  return {
    a: await of(a),
    b: await of(b),
    c: await of(c),
    ab: await of(a, b),
    ac: await of(a, c),
    bc: await of(b, c),
    abc: await of(a, b, c),
  }
}

type Long = { readonly id: number; readonly length: number }

/** Three groups whose longest samples are of one length: however they are joined, nothing is filled up further. */
const alikeGroups = (inOrder: readonly Long[]): Groups | null => {
  const times = Map.groupBy(inOrder, ({ length }) => length)
  const longest = [...times.entries()].toReversed().find(([, all]) => all.length >= 3)
  if (!longest) return null
  const [most, tops] = longest
  const rest = inOrder.filter(({ id, length }) => length <= most && !tops.slice(0, 3).some((top) => top.id === id))
  const of = (place: number) => [
    ...rest.filter((_, i) => i % 3 === place).filter((_, i, all) => i % Math.ceil(all.length / (group - 1)) === 0),
    ...tops.slice(place, place + 1),
  ]
  return { a: of(0).map(({ id }) => id), b: of(1).map(({ id }) => id), c: of(2).map(({ id }) => id) }
}
