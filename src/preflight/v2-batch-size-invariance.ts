// V2: metrics of the same samples do not depend on the evaluation's batch size, a last batch of one included.
// Not whether the numbers are right (V4) nor whether evaluation leaves traces (V3).
//
// The same N = k·b+1 samples at the run file's batch size and at b. Losses agree to 1e-5 relative in float32; a metric between
// 0 and 1 may flip for samples that are too close to call. On a difference the cause is found by its formula: from the numbers
// per sample where the engine shows outputs, else from three more evaluations: the first N−1 (full batches: M) and all N in one
// batch (T) give the last sample's loss N·T − (N−1)·M, and with it what each wrong formula would report.
// A mean over batches warns where all of the run's own batches are of one size: there it is right, until the size or the data change.
// An evaluation that differs from itself is random: a dropout left on, for a classifier or a regression; honest for others. Noise of a
// fixed seed that is drawn for a whole batch differs between batch sizes alone: among other samples the output stays.
import { type Cause, type Evaluation, GonogoError } from '../contract/index.ts'
import { type Batchwise, batchwiseIn, placesOf } from './batchwise.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import { differenceIn, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import { followsSize } from './follows-size.ts'
import { isClose, rivals } from './formulas.ts'
import {
  crossEntropies,
  errorsOf,
  gapOf,
  type Outputs,
  outputsOf,
  readingsOf,
  rightAnswers,
  sizeOf,
} from './outputs.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import { trackAdvice, withoutStatistics } from './untracked.ts'
import { worksOnItsOwn } from './unusual.ts'

export type Sizes = { readonly samples: number; readonly usual: number; readonly other: number }

/**
 * The usual batch size, another that leaves a remainder of one, and how many samples that takes.
 * The usual one should leave another remainder, or both would drop or pad the same sample alike.
 */
export const sizesOf = (samples: number, usual: number): Sizes | null => {
  if (samples < 5) return null
  const most = Math.max(2, Math.floor((samples - 1) / 10))
  const candidates = [...Array.from({ length: most - 1 }, (_, i) => most - i), 3].filter((other) => other !== usual)
  const made = candidates.map((other) => ({ samples: Math.floor((samples - 1) / other) * other + 1, usual, other }))
  return made.find((sizes) => sizes.samples % usual > 1) ?? made[0] ?? null
}

export const v2 = define({
  code: 'V2',
  needs: ['evaluateAnyBatchSize', 'reset'],
  guarantee: 'metricsArePerSample',
  after: [],
  costClass: 'warm',
  async run(context) {
    const whole = await context.evaluation('trained')
    const available = Math.min(whole.samples, context.limit.valSamples ?? context.facts.samples.val ?? whole.samples)
    const sizes = sizesOf(available, context.plan.run.evaluate.batch_size)
    if (!sizes) return skipped(`${whole.samples} validation samples are too few to compare batch sizes`)
    const trial = await context.at('trained')
    const ask = (batchSize: number, limit = sizes.samples) =>
      trial.evaluate({ batchSize, limit, perSample: context.can('perSample') })
    const usual = sizes.samples === whole.samples ? whole : await ask(sizes.usual)
    const other = await ask(sizes.other).catch(async (error: unknown) => {
      if (error instanceof Crash && (await worksOnItsOwn(context, error))) return error.error
      throw error
    })
    if (other instanceof GonogoError)
      return warn('evaluation-crashed', `the evaluation crashes at another batch size, ${sizes.other}`, {
        seen: [other.message, other.seen].filter(Boolean).join(': '),
        expected: `any batch size; the validation set by ${sizes.usual} goes through`,
        where: other.where ?? placeOf(context.facts, 'evaluate', 'setup'),
        evidence: { batchSize: sizes.usual, otherBatchSize: sizes.other, samples: sizes.samples },
        alternatives: [],
        advice: 'squeeze(1) instead of squeeze(), and take the batch size from the batch',
      })
    if (usual.batches === other.batches && usual.samples !== other.samples)
      return skipped(`the evaluation looks at ${usual.batches} batches, of whatever size: other samples each time`)
    const { metric: tolerance, output } = roundingOf(arithmeticOf(context.facts, usual, other))
    const apart = metricsApart(usual, other, tolerance)
    const outputs = outputsApart(usual, other)
    const worst = apart[0]
    const evidence = {
      samples: sizes.samples,
      batchSize: sizes.usual,
      otherBatchSize: sizes.other,
      ...Object.fromEntries(Object.entries(usual.metrics).map(([name, value]) => [`${name} at ${sizes.usual}`, value])),
      ...Object.fromEntries(Object.entries(other.metrics).map(([name, value]) => [`${name} at ${sizes.other}`, value])),
      ...(outputs === null ? {} : { outputsApart: outputs }),
    }
    const depends = outputs !== null && outputs > output
    const averaged = depends ? null : await averagedOverBatches(context, usual, other, sizes, tolerance)
    const even = hasEvenBatches(context, whole)
    if (averaged) return ofBatches(context, averaged, evidence, sizes, even)
    if (!worst && !depends) {
      const distance = Math.max(0, ...distances(usual, other).map(({ relative }) => relative))
      return go(
        `batch ${sizes.usual} and ${sizes.other}, a last batch of 1: ${number(distance)} apart; ${tolerance} allowed`,
        {
          seen: `${Object.keys(usual.metrics).join(', ')} of ${sizes.samples} samples agree within ${number(distance)}`,
          expected: `${tolerance} relative`,
          evidence,
        },
      )
    }
    const seen = worst
      ? `${worst.name} ${number(worst.a)} at ${sizes.usual}; ${number(worst.b)} at ${sizes.other}, whose last batch holds 1`
      : `outputs of one sample differ by ${number(outputs ?? 0)} between batch sizes`
    const where = placeOf(context.facts, 'evaluate', 'metrics', 'model', 'setup')
    const common = { seen, where, evidence }
    await trial.restore('trained')
    const again = await ask(sizes.usual)
    // with the generators put back a noise repeats; where they go on, it shows: a VAE's draw is no leak between samples
    const onwards = await trial.evaluate({
      batchSize: sizes.usual,
      limit: sizes.samples,
      perSample: context.can('perSample'),
      modes: true,
    })
    const random = metricsApart(usual, again, tolerance)[0] ?? metricsApart(again, onwards, tolerance)[0]
    // a dropout or another crop moves an output by more than its last places
    const moved = Math.max(outputsApart(usual, again) ?? 0, outputsApart(again, onwards) ?? 0)
    if (random || moved > output / 1000) return stochastic(context, common, random, onwards.training)
    if (depends && (await followsSize(context, trial, sizes, output)))
      return warn('batch-dependent-outputs', 'outputs follow how large their batch is', {
        ...common,
        expected:
          'the same output at any batch size; at one size it does not depend on the other samples, as padding to the longest, or noise drawn for a whole batch',
        alternatives: ['random-evaluation'],
        advice: 'mask padding, draw noise for each sample by itself, or keep the batch size of the evaluation for good',
      })
    if (depends || (worst && outputs === null && (await halvesDiffer(ask, sizes, tolerance))))
      return await batchDependent(context, common, depends)
    if (!worst) return skipped('outputs differ between batch sizes within rounding')
    const formula = await formulaOf(context, worst, usual, other, sizes, ask)
    const title = `val_${worst.name} depends on the batch size`
    if (!formula) {
      const cause = worst.name === 'loss' ? 'loss-wrong' : 'metric-wrong'
      const unexplained = {
        ...common,
        expected: 'the same value at any batch size',
        alternatives: ['wrong-divisor', 'mean-of-batch-means', 'batch-dependent-outputs'] as const,
        advice:
          'sum over samples, and divide by the number of samples once; a loss that compares samples is an exception',
      }
      // a loss of the experiment's own may compare the samples of a batch, and is right to
      return context.task.kind === 'custom' || (worst.name === 'loss' && hasOwnLoss(context))
        ? warn(cause, title, unexplained)
        : noGo(cause, title, unexplained)
    }
    const say = even && formula.cause === 'mean-of-batch-means' ? warn : noGo
    return say(formula.cause, title, {
      ...common,
      seen: `${seen}; ${formula.words} gives ${number(formula.value)}`,
      expected: `${number(formula.right)}, recomputed from ${sizes.samples} samples`,
      evidence: { ...evidence, formula: formula.words, recomputed: formula.right },
      advice: 'sum over samples, and divide by the number of samples once, at the end',
    })
  },
})

type Common = { readonly seen: string; readonly where: string | null; readonly evidence: Outcome['evidence'] }
export type Apart = { readonly name: string; readonly a: number; readonly b: number; readonly relative: number }
type Ask = (batchSize: number, limit?: number) => Promise<Evaluation>

const distances = (a: Evaluation, b: Evaluation): Apart[] => {
  const others = new Map(Object.entries(b.metrics))
  return Object.entries(a.metrics).flatMap(([name, left]) => {
    const right = others.get(name)
    if (right === undefined) return []
    const relative = Object.is(left, right)
      ? 0
      : Math.abs(left - right) / Math.max(Math.abs(left), Math.abs(right), 1e-3)
    return [{ name, a: left, b: right, relative: Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative }]
  })
}

/** Metrics further apart than rounding, the loss first, then the furthest. */
export const metricsApart = (a: Evaluation, b: Evaluation, tolerance: number): Apart[] =>
  distances(a, b)
    .filter(({ name, a: left, b: right, relative }) => {
      if (relative <= tolerance) return false
      const isShare = !name.includes('loss') && left >= 0 && left <= 1 && right >= 0 && right <= 1
      // rounding may turn the answer of a sample that is too close to call
      return !(isShare && Math.abs(left - right) <= 1.01 / a.samples)
    })
    .sort((x, y) => Number(y.name === 'loss') - Number(x.name === 'loss') || y.relative - x.relative)

/** Largest distance between outputs of the same samples, relative to the largest output; null without outputs. */
export const outputsApart = (a: Evaluation, b: Evaluation): number | null => {
  if (!a.perSample || !b.perSample) return null
  const left = outputsOf(a.perSample)
  const right = outputsOf(b.perSample)
  if (left.values.length !== right.values.length) return null
  let largest = 1e-6
  let distance = 0
  for (let i = 0; i < left.values.length; i++) {
    largest = sizeOf(largest, left.values[i] as number)
    distance = Math.max(distance, gapOf(left.values[i] as number, right.values[i] as number))
  }
  return distance / largest
}

/** Of metrics that differ at all, also by less than the answer of one sample: whether one is the plain mean of what batches give. */
const averagedOverBatches = async (
  context: Context,
  usual: Evaluation,
  other: Evaluation,
  sizes: Sizes,
  tolerance: number,
): Promise<Batchwise | null> => {
  // a loss that compares samples is honestly made batch by batch
  const suspects = distances(usual, other).filter(({ name, relative }) => name !== 'loss' && relative > tolerance)
  if (suspects.length === 0 || !context.can('evaluateAnyOrder')) return null
  const trial = await context.at('trained')
  const single: Evaluation[] = []
  try {
    for (const ids of placesOf(sizes.samples, sizes.other))
      single.push(await trial.evaluate({ ids, batchSize: ids.length }))
    const all = await trial.evaluate({ limit: sizes.samples, batchSize: sizes.samples })
    return batchwiseIn(only(other, suspects), single, all)
  } catch (error) {
    // a score that a single batch does not have, an area under a curve of one class say, is made from all samples
    if (error instanceof Crash) return null
    throw error
  }
}

const only = (evaluation: Evaluation, suspects: readonly Apart[]): Evaluation => ({
  ...evaluation,
  metrics: Object.fromEntries(suspects.map(({ name, b }) => [name, b])),
})

/** Scores that are defined for a whole set: a mean over batches is another number. What compares samples (recall at k) is not among them. */
const ofWholeSets =
  /^(f1|f_?score|fbeta|dice|m?iou|jaccard|precision|auc|auroc|roc_auc|auprc|map|ap|ppl|perplexity|rmse|r2|mcc|kappa|balanced_accuracy|bleu|wer|cer|accuracy|acc)([_-]|$)/

/** Means over samples: what batches of one size give has the same mean. */
const isMeanOverSamples = /^(accuracy|acc)([_-]|$)/

/** All batches of the run's own evaluation hold as many samples: then a mean over batches is the mean over samples, here. */
export const hasEvenBatches = (
  { facts }: Pick<Context, 'facts'>,
  { even, samples, batches }: Pick<Evaluation, 'even' | 'samples' | 'batches'>,
): boolean => even === true && (facts.samples.val ?? samples) % (samples / batches) === 0

const ofBatches = (
  context: Context,
  { name, reported, whole, batches }: Batchwise,
  evidence: Outcome['evidence'],
  sizes: Sizes,
  even: boolean,
): Outcome => {
  const harmless = even && isMeanOverSamples.test(name)
  const say = !harmless && (context.task.kind !== 'custom' || ofWholeSets.test(name)) ? noGo : warn
  return say('mean-of-batch-means', `val_${name} is averaged over batches`, {
    seen: `${name} ${number(reported)} at batch size ${sizes.other}: the plain mean of what ${batches} batches give, the last of ${sizes.samples % sizes.other || sizes.other}`,
    expected: `${number(whole)}, made once from all ${sizes.samples} samples`,
    where: placeOf(context.facts, 'evaluate', 'metrics', 'model', 'setup'),
    evidence: { ...evidence, reported, whole, batches },
    alternatives: ['metric-wrong', 'batch-dependent-outputs'],
    advice: 'collect predictions and targets (or counts) of all samples, and compute the metric once, at the end',
  })
}

const hasOwnLoss = ({ facts }: Context): boolean =>
  facts.owns.evaluation === 'manual' || placeOf(facts, 'loss') !== null

const evalAdvice = 'call model.eval() before the evaluation, and model.train() after it'

const stochastic = (
  context: Context,
  common: Common,
  random: Apart | undefined,
  training: Evaluation['training'],
): Outcome => {
  const found = {
    ...common,
    seen: random
      ? `the same evaluation twice: ${random.name} ${number(random.a)} and ${number(random.b)}`
      : 'the same evaluation twice gives other outputs',
    expected: 'evaluation without noise',
    alternatives: ['batch-dependent-outputs'] as const,
    advice: evalAdvice,
  }
  // noise without the model in training mode is drawn by the data or the model itself, or by layers that someone has turned on by name,
  // as Monte Carlo dropout does: V1 says which
  if (training !== undefined && !training.includes(''))
    return warn('random-evaluation', 'evaluation draws at random: batch sizes cannot be compared', {
      ...found,
      alternatives: ['augmentation-on-validation', 'batch-dependent-outputs'],
      advice: 'draw no noise in evaluation, or the same noise for the same sample each time',
    })
  const title = 'evaluation is random: dropout or augmentation is on'
  return context.task.kind === 'custom' ? warn('no-eval-mode', title, found) : noGo('no-eval-mode', title, found)
}

/** Batch norm in training mode leaves its mark: evaluation moves the running statistics. */
const batchDependent = async (context: Context, common: Common, certain: boolean): Promise<Outcome> => {
  if (context.facts.declared?.couplesBatch === true)
    return skipped(
      'outputs of a sample depend on its batch, as the experiment declares: batch sizes cannot be compared',
    )
  const trial = await context.at('trained')
  const before = await trial.digest()
  await trial.evaluate({ limit: 64 })
  const moved = differenceIn(stateDifferences(before, await trial.digest()), 'buffers') !== undefined
  const expected = 'outputs of a sample that do not depend on the others in its batch'
  if (moved)
    return noGo('no-eval-mode', 'evaluation runs in training mode: batch norm uses the batch’s own statistics', {
      ...common,
      expected,
      alternatives: ['batch-dependent-outputs'],
      advice: evalAdvice,
    })
  const found = {
    ...common,
    expected,
    alternatives: ['no-eval-mode'] as const,
    advice:
      'look for a softmax, mean or view over the batch dimension, and for a model that is never put into eval mode',
  }
  const title = 'the output of a sample depends on its batch'
  const [untracked] = withoutStatistics(context.facts)
  if (untracked !== undefined)
    return warn('batch-dependent-outputs', title, {
      ...found,
      seen: `${common.seen}; ${untracked} keeps no running statistics`,
      advice: trackAdvice,
    })
  // without outputs it may be the loss that compares samples, as contrastive ones do
  return certain || context.task.kind !== 'custom'
    ? noGo('batch-dependent-outputs', title, found)
    : warn('batch-dependent-outputs', 'the loss of a sample depends on its batch', found)
}

/** Without outputs: one full batch, evaluated whole and in two halves, has the same mean only if samples do not mix. */
const halvesDiffer = async (ask: Ask, { other }: Sizes, tolerance: number): Promise<boolean> => {
  const half = Math.floor(other / 2)
  if (half < 1) return false
  const whole = await ask(2 * half, 2 * half)
  const halves = await ask(half, 2 * half)
  return metricsApart(whole, halves, tolerance).length > 0
}

type Found = { readonly cause: Cause; readonly words: string; readonly value: number; readonly right: number }

const formulaOf = async (
  context: Context,
  { name, b }: Apart,
  usual: Evaluation,
  other: Evaluation,
  sizes: Sizes,
  ask: Ask,
): Promise<Found | null> => {
  const values = perSampleValues(context, name, usual) ?? (await lastSampleValues(name, sizes, ask))
  if (!values) return null
  const right = values.reduce((sum, value) => sum + value, 0) / values.length
  const fits = rivals(values, sizes.other).find(({ value }) => isClose(value, b, 1e-4) && !isClose(value, right, 1e-5))
  return fits && other.samples > 0 ? { ...fits, right } : null
}

/** The metric's number for each sample, from the outputs. */
export const perSampleValues = (
  context: Pick<Context, 'task'>,
  name: string,
  { perSample }: Evaluation,
): Float64Array | null => {
  if (!perSample) return null
  const outputs: Outputs = outputsOf(perSample)
  const { task } = context
  if (task.kind === 'regression' && name === 'loss') return errorsOf(outputs, 'squared')
  if (task.kind !== 'classification') return null
  const [reading = 'unknown'] = readingsOf(outputs, task.classes)
  if (reading === 'unknown') return null
  if (name === 'loss') return crossEntropies(outputs, reading)
  return name === 'accuracy' ? rightAnswers(outputs, reading).right : null
}

/** N−1 equal numbers and the last one, so that every formula gives what it would give for the real ones. */
const lastSampleValues = async (name: string, { samples, other }: Sizes, ask: Ask): Promise<Float64Array | null> => {
  const most = new Map(Object.entries((await ask(other, samples - 1)).metrics)).get(name)
  const all = new Map(Object.entries((await ask(samples, samples)).metrics)).get(name)
  if (most === undefined || all === undefined) return null
  const values = new Float64Array(samples).fill(most)
  values[samples - 1] = samples * all - (samples - 1) * most
  return values
}
