// V4: loss and accuracy recomputed in float64 from each sample's outputs and target; and every sample evaluated once.
// Not whether the numbers change with the batch size (V2).
//
// The recomputation is written apart from the engines. Accuracy has one definition, but what is scored may be made of the outputs first (another
// threshold, predictions that are drawn and averaged): a difference beyond samples too close to call is NO-GO where gonogo's definition is
// declared, or a known mistake gives the reported number (wrong-accuracy.ts); otherwise it warns. A loss may be the experiment's own (focal, weighted, smoothed), so a difference is NO-GO only where gonogo's
// definition is declared (a managed evaluation without a loss of its own), or where a known wrong formula over the right loss
// gives the reported number; otherwise it warns, too. Metrics that gonogo does not know are not judged.
import type { Cause, Evaluation } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { isCutShort } from './cut-short.ts'
import { type Dense, denseOf } from './dense.ts'
import { smoothingFloor } from './floors.ts'
import { isClose, overSamples, rivalThatFits } from './formulas.ts'
import {
  crossEntropies,
  errorsOf,
  huberLosses,
  mean,
  type Outputs,
  outputsOf,
  type Reading,
  readingsOf,
  rightAnswers,
  variance,
} from './outputs.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import type { Trial } from './trial.ts'
import { whyWrong } from './wrong-accuracy.ts'

export const v4 = define({
  code: 'V4',
  needs: ['perSample', 'reset'],
  guarantee: 'metricsArePerSample',
  after: [],
  costClass: 'warm',
  async run(context) {
    const { task } = context
    const evaluation = await context.evaluation('trained')
    const { perSample } = evaluation
    if (!perSample) return skipped('the evaluation shows no outputs')
    const outputs = outputsOf(perSample)
    const miscounted = await countOf(context, await context.at('trained'), evaluation, outputs)
    if (miscounted) return miscounted
    const broken = outputs.values.findIndex((value) => !Number.isFinite(value))
    if (broken >= 0)
      return skipped(
        `the output of sample ${Math.floor(broken / outputs.width)} is no number: nothing to recompute from`,
      )
    const judged: Judged[] = []
    if (task.kind === 'classification') {
      const dense = denseOf(perSample, evaluation.metrics, task.classes)
      if (dense !== null) return ofPositions(context, dense)
      const readings = readingsOf(outputs, task.classes)
      if (readings.includes('unknown'))
        return skipped(
          `outputs of ${outputs.width} numbers a sample are no ${task.classes} logits: nothing to recompute from`,
        )
      judged.push(
        ...accuracyOf(context, evaluation, outputs, readings),
        ...lossOf(context, evaluation, outputs, readings),
      )
    } else if (task.kind === 'regression') {
      if (outputs.width !== outputs.targetWidth)
        return skipped('outputs and targets have different shapes: nothing to recompute from')
      judged.push(...regressionOf(context, evaluation, outputs))
    }
    const fault = judged.find(({ outcome }) => outcome?.status === 'NO-GO') ?? judged.find(({ outcome }) => outcome)
    if (fault?.outcome) return await settled(context, evaluation, fault.outcome)
    const known = judged.filter(({ right }) => right !== null)
    if (known.length === 0) return skipped('no reported metric is one that gonogo can recompute')
    return go(`${known.map(({ name }) => name).join(' and ')} recomputed from ${outputs.count} samples: equal`, {
      seen: known.map(({ name, reported }) => `${name} ${number(reported)}`).join(', '),
      expected:
        known.map(({ name, right }) => `${name} ${number(right ?? 0)}`).join(', ') + ', in float64 from the outputs',
      evidence: Object.fromEntries(
        known.flatMap(({ name, reported, right }) => [
          [name, reported],
          [`recomputed ${name}`, right],
        ]),
      ),
    })
  },
})

/** A warning of an accuracy is settled by what else shows of it. */
const settled = async (context: Context, evaluation: Evaluation, outcome: Outcome): Promise<Outcome> => {
  const { task } = context
  if (outcome.cause !== 'metric-wrong' || outcome.status !== 'WARN' || task.kind !== 'classification') return outcome
  const why = await whyWrong(context, evaluation, task.classes)
  return why === null ? outcome : { ...outcome, status: 'NO-GO', seen: `${outcome.seen}: ${why}` }
}

const titleOf = ({ name, fault }: Dense['judged'][number]): string =>
  fault?.cause === 'metric-wrong'
    ? `val_${name} is no overlap of labels and answers`
    : `val_${name} is not the mean over labelled positions`

/** A label for each position. */
const ofPositions = (context: Context, { positions, labelled, judged }: Dense): Outcome => {
  const wrong = judged.find(({ fault }) => fault !== null)
  const expected = `${judged.map(({ name, right }) => `${name} ${number(right)}`).join(', ')}, in float64 from ${labelled} labelled positions`
  const evidence = {
    positions,
    labelled,
    ...Object.fromEntries(
      judged.flatMap(({ name, reported, right }) => [
        [name, reported],
        [`recomputed ${name}`, right],
      ]),
    ),
  }
  if (wrong?.fault)
    return noGo(wrong.fault.cause, titleOf(wrong), {
      seen: `${wrong.name} ${number(wrong.reported)} reported: ${wrong.fault.words}`,
      expected,
      where: place(context),
      evidence,
      alternatives: wrong.name === 'accuracy' ? ['padding-scored', 'metric-wrong'] : ['wrong-divisor', 'metric-wrong'],
      advice:
        wrong.fault.cause === 'wrong-divisor'
          ? 'count the positions whose label is a class, and divide by those'
          : wrong.fault.cause === 'metric-wrong'
            ? 'what both cover less what they share: labels + answers - hits'
            : 'the classes’ axis is the one that the loss must normalise over',
    })
  if (judged.length === 0) return skipped('no reported metric is one that gonogo can recompute from positions')
  return go(`${judged.map(({ name }) => name).join(' and ')} recomputed from ${labelled} positions: equal`, {
    seen: judged.map(({ name, reported }) => `${name} ${number(reported)}`).join(', '),
    expected,
    evidence,
  })
}

type Judged = {
  readonly name: string
  readonly reported: number
  readonly right: number | null
  readonly outcome: Outcome | null
}

const place = ({ facts }: Context) => placeOf(facts, 'evaluate', 'metrics', 'loss', 'model')

/** `trial`: the subject that was asked, whose limit ends with a whole batch. */
const countOf = async (
  context: Context,
  trial: Trial,
  evaluation: Evaluation,
  outputs: Outputs,
): Promise<Outcome | null> => {
  const expected = trial.facts.samples.val ?? evaluation.samples
  const seen = evaluation.samples !== expected ? evaluation.samples : outputs.count
  if (seen === expected) return null
  // several processes may go through a sampler's padding without scoring it: P2 compares what comes out
  if (context.plan.run.world > 1 && seen > expected)
    return skipped(`the ranks go through ${seen} samples, of ${expected}: P2 tells whether any counts twice`)
  const few = seen < expected
  // a last batch that is dropped, or filled up, is a bug's own mark; to score fewer, or episodes that draw what they like, may be meant
  const isLastBatch = Math.abs(seen - expected) < Math.max(2, Math.ceil(seen / Math.max(1, evaluation.batches)))
  if (!isLastBatch && !few) return skipped(`the evaluation draws ${seen} samples of ${expected}: some come again`)
  const certain = isLastBatch && !(few && (await isCutShort(context, trial, evaluation)))
  return (certain ? noGo : warn)(
    few ? 'samples-left-out' : 'samples-counted-twice',
    few
      ? `${expected - seen} validation samples are never evaluated`
      : `${seen - expected} samples too many are evaluated`,
    {
      seen: `${seen} samples evaluated in ${evaluation.batches} batches`,
      expected: `${expected}, each once`,
      where: place(context),
      evidence: { samples: seen, expected, batches: evaluation.batches },
      advice: few ? 'drop_last=False for the validation loader' : 'remove the padding of the last batch before scoring',
    },
  )
}

/** Far below the distance of two formulas, well above the rounding of one in float32. */
const strictly = 3e-6

const toleranceOf = ({ facts }: Context, evaluation: Evaluation): number =>
  roundingOf(arithmeticOf(facts, evaluation)).metric

/**
 * A reported number against a recomputed one, and the rival formulas where they differ. In a coarse number format the reported one
 * may be off by more than two formulas are apart: then only a rival that fits to the last places is a signature.
 */
const compared = (
  context: Context,
  evaluation: Evaluation,
  name: string,
  reported: number,
  values: Float64Array,
  wrong: { cause: Cause; certain: boolean },
): Outcome | null => {
  const right = overSamples(values)
  const tolerance = toleranceOf(context, evaluation)
  const size = context.plan.run.evaluate.batch_size
  const close = isClose(reported, right, tolerance)
  const exact = isClose(reported, right) ? null : rivalThatFits(reported, values, size, strictly)
  const coarse = tolerance > 1e-5
  if (close && !(coarse && exact)) return null
  const far = !coarse || !isClose(reported, right, 4 * tolerance)
  const rival = (coarse ? exact : null) ?? (far ? rivalThatFits(reported, values, size, 2 * tolerance) : null)
  const found = {
    seen: `${name} ${number(reported)} reported${rival ? `: ${rival.words}` : ''}`,
    expected: `${number(right)}, recomputed in float64 from ${values.length} samples`,
    where: place(context),
    evidence: {
      [name]: reported,
      [`recomputed ${name}`]: right,
      batchSize: size,
      ...(rival ? { formula: rival.words } : {}),
    },
    alternatives: [] as Cause[],
    advice: rival
      ? 'sum over samples, and divide by the number of samples once, at the end'
      : 'compare the metric with its definition on a handful of samples',
  }
  if (rival) return noGo(rival.cause, `val_${name} is not the mean over samples`, found)
  const title = `val_${name} is not what the outputs give`
  return wrong.certain ? noGo(wrong.cause, title, found) : warn(wrong.cause, title, found)
}

const metricOf = ({ metrics }: Evaluation, name: string): number | undefined =>
  new Map(Object.entries(metrics)).get(name)

const accuracyOf = (
  context: Context,
  evaluation: Evaluation,
  outputs: Outputs,
  readings: readonly Reading[],
): Judged[] => {
  const reported = metricOf(evaluation, 'accuracy')
  if (reported === undefined) return []
  const certain = context.facts.owns.evaluation === 'managed' && placeOf(context.facts, 'metrics') === null
  const judged = readings.map((reading) => {
    const { right, ties } = rightAnswers(outputs, reading)
    const value = overSamples(right)
    // in percent is a choice of unit, not a fault
    const inPercent = reported > 1 && isClose(reported, 100 * value, 1e-5)
    const withinTies = Math.abs(reported - value) <= (ties + 1e-3) / outputs.count
    if (inPercent || withinTies)
      return { name: 'accuracy', reported, right: inPercent ? reported : value, outcome: null }
    const wrong = { cause: 'metric-wrong', certain } as const
    return {
      name: 'accuracy',
      reported,
      right: value,
      outcome: compared(context, evaluation, 'accuracy', reported, right, wrong),
    }
  })
  const fits = judged.find(({ outcome }) => outcome === null) ?? judged[0]
  return fits ? [fits] : []
}

const lossOf = (context: Context, evaluation: Evaluation, outputs: Outputs, readings: readonly Reading[]): Judged[] => {
  const { task, facts } = context
  const reported = metricOf(evaluation, 'loss')
  if (reported === undefined || task.kind !== 'classification') return []
  const candidates = readings.flatMap((reading) => [
    crossEntropies(outputs, reading),
    ...(task.smoothing > 0 ? [crossEntropies(outputs, reading, task.smoothing)] : []),
  ])
  const certain = facts.owns.evaluation === 'managed' && placeOf(facts, 'loss') === null
  const outcomes = candidates.map((values) =>
    compared(context, evaluation, 'loss', reported, values, { cause: 'loss-wrong', certain }),
  )
  const fits = outcomes.indexOf(null)
  if (fits >= 0) return [{ name: 'loss', reported, right: mean(candidates[fits] ?? []), outcome: null }]
  if (!certain && isSmoothed(reported, outputs, readings, task.classes))
    return [{ name: 'loss', reported, right: reported, outcome: null }]
  const outcome = outcomes.find((one) => one?.status === 'NO-GO') ?? outcomes[0] ?? null
  return [{ name: 'loss', reported, right: mean(candidates[0] ?? []), outcome }]
}

/**
 * A cross-entropy against smoothed labels, or the divergence from them, which is less by their entropy. What is taken from the right
 * class is shared by all classes, or by the others. Any loss is met by some smoothing, so only usual ones count, to the last places.
 */
export const isSmoothed = (
  reported: number,
  outputs: Outputs,
  readings: readonly Reading[],
  classes: number,
): boolean =>
  readings.includes('logits') &&
  usualSmoothings
    .flatMap((part) => [part, (part * classes) / (classes - 1)])
    .some((smoothing) => {
      const whole = mean(crossEntropies(outputs, 'logits', smoothing))
      return [whole, whole - smoothingFloor(smoothing, classes)].some((value) => isClose(reported, value, strictly))
    })

const usualSmoothings = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]

const regressionOf = (context: Context, evaluation: Evaluation, outputs: Outputs): Judged[] => {
  const squared = errorsOf(outputs, 'squared')
  const absolute = errorsOf(outputs, 'absolute')
  const judged: Judged[] = []
  const tolerance = toleranceOf(context, evaluation)
  const add = (name: string, right: number, outcome: (reported: number) => Outcome | null) => {
    const reported = metricOf(evaluation, name)
    if (reported !== undefined) judged.push({ name, reported, right, outcome: outcome(reported) })
  }
  // a wrong formula has a mark of its own; any other number may be an error in units that the outputs are brought into first
  const unmarked = { cause: 'metric-wrong', certain: false } as const
  const error = (name: string, values: Float64Array) => {
    const right = mean(values)
    const reported = metricOf(evaluation, name)
    if (reported === undefined) return
    const outcome = compared(context, evaluation, name, reported, values, unmarked)
    const unknown = outcome?.status === 'WARN' && isOtherUnit(reported, right)
    judged.push({ name, reported, right: unknown ? null : right, outcome: unknown ? null : outcome })
  }
  error('mse', squared)
  error('mae', absolute)
  const root = Math.sqrt(mean(squared))
  add('rmse', root, (reported) =>
    isClose(reported, root, tolerance)
      ? null
      : compared(context, evaluation, 'rmse', reported, Float64Array.from([root]), {
          cause: 'metric-wrong',
          certain: false,
        }),
  )
  const certain = context.facts.owns.evaluation === 'managed' && placeOf(context.facts, 'loss') === null
  const robust = certain ? [] : robustLosses(outputs)
  const reported = metricOf(evaluation, 'loss')
  const other = [mean(absolute), ...robust].find(
    (value) => reported !== undefined && isClose(reported, value, tolerance),
  )
  add('loss', other ?? mean(squared), (reported) => {
    if (other !== undefined) return null
    const meanSquare = () => compared(context, evaluation, 'loss', reported, squared, { cause: 'loss-wrong', certain })
    if (isClose(reported, mean(squared), tolerance)) return meanSquare()
    return broadcast(context, reported, outputs) ?? meanSquare()
  })
  return judged
}

/** Losses that a regression is given instead: Huber's and the smooth L1 of usual widths. Some width meets any number, so only these count. */
export const robustLosses = (outputs: Outputs): number[] =>
  usualWidths.flatMap((width) => {
    const huber = mean(huberLosses(outputs, width))
    return [huber, huber / width]
  })

const usualWidths = [0.1, 0.5, 1, 2, 5]

/** Beyond what a slip in the formula makes of it. */
const isOtherUnit = (reported: number, right: number): boolean => reported > 3 * right || reported < right / 3

/** Every output against every target of its batch, as (N,1) − (N) does. */
const broadcast = (context: Context, reported: number, { count, width, values, targets }: Outputs): Outcome | null => {
  if (width !== 1) return null
  const size = context.plan.run.evaluate.batch_size
  let total = 0
  for (let from = 0; from < count; from += size) {
    const to = Math.min(count, from + size)
    const outputs = values.subarray(from, to)
    const wanted = targets.subarray(from, to)
    total += (to - from) * (variance(outputs) + variance(wanted) + (mean(outputs) - mean(wanted)) ** 2)
  }
  if (!isClose(reported, total / count, 1e-4)) return null
  return noGo('broadcast-in-loss', 'the loss compares every output with every target of the batch', {
    seen: `loss ${number(reported)}: the mean over all pairs of a batch`,
    expected: `${number(mean(errorsOf({ count, width, values, targets, targetWidth: 1 }, 'squared')))}, each output with its own target`,
    where: placeOf(context.facts, 'loss', 'evaluate', 'train_step', 'model'),
    evidence: { loss: reported, pairs: total / count, batchSize: size },
    advice: 'give output and target the same shape: output.squeeze(1), or target.unsqueeze(1)',
  })
}
