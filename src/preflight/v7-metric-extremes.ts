// V7: each metric says what it must of perfect, constant and shuffled predictions.
// Not what it says of the model's own (V4): nothing here depends on how good the model is.
//
// The targets themselves are put in the place of the model's outputs, then class 0 (or 0) for all, then each sample's neighbour's
// target. Of a metric with a declared direction, perfect predictions can be no worse than either: a metric for which they are is
// turned round, and the best checkpoint would be the worst. Accuracy has one definition, so all three of its values are known from
// the targets alone, to the last sample. A metric that does not move at all, where others do,
// looks at something else than the predictions (an argmax over one unit is always 0). An error of perfect predictions need not be 0:
// the model may answer in other units than the targets have. Where predictions cannot be replaced, scores are asked for samples that were
// trained on, before and after (fitted-score.ts).
import type { Direction, Evaluation } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'
import { fittedScore } from './fitted-score.ts'
import { isClose } from './formulas.ts'
import { outputsOf } from './outputs.ts'

/** Enough for any metric to tell right from wrong. */
const samples = 512
/** Shuffled, so that neighbours are of different classes however the data lies. */
const order = { shuffled: 7 }

const kinds = ['perfect', 'constant', 'shuffled'] as const
type Kind = (typeof kinds)[number]
type Values = Readonly<Record<Kind, number>>

/** Known by name, without the split's: what perfect predictions give. Averages over classes may be lower where a class is absent. */
const accuracies: ReadonlySet<string> = new Set(['accuracy', 'acc'])
const errors: ReadonlySet<string> = new Set(['mse', 'mae', 'rmse'])
const shares: ReadonlySet<string> = new Set([
  'f1',
  'precision',
  'recall',
  'auc',
  'auroc',
  'iou',
  'miou',
  'mean_iou',
  'jaccard',
  'dice',
  'mean_dice',
  'kappa',
  'mcc',
  'r2',
])

export const v7 = define({
  code: 'V7',
  needs: ['reset'],
  guarantee: 'metricsArePerSample',
  after: [],
  costClass: 'warm',
  async run(context) {
    const found = lacking(context) ?? (await evaluations(context))
    if (typeof found === 'string') return (await fittedScore(context)) ?? skipped(found)
    const directions = directionsOf(context)
    const metrics = Object.entries(found.perfect.metrics).flatMap(([name, perfect]) => {
      const constant = new Map(Object.entries(found.constant.metrics)).get(name)
      const shuffled = new Map(Object.entries(found.shuffled.metrics)).get(name)
      return constant === undefined || shuffled === undefined ? [] : [{ name, values: { perfect, constant, shuffled } }]
    })
    if (metrics.length === 0) return skipped('the evaluation reports no metric')
    const truth = truthOf(found.perfect)
    const evidence = Object.fromEntries(
      metrics.flatMap(({ name, values }) => kinds.map((kind) => [`${name}, ${kind}`, values[kind]])),
    )
    const isDense = areDense(found.perfect) && context.task.kind === 'classification'
    const judge = { context, directions, truth, isDense, others: metrics, evidence }
    const outcomes = metrics.flatMap((metric) => judged(judge, metric) ?? [])
    const fault = outcomes.find(({ status }) => status === 'NO-GO') ?? outcomes[0]
    if (fault) return fault
    return go(`${metrics.map(({ name }) => name).join(' and ')}: right of perfect, constant and shuffled predictions`, {
      seen: metrics
        .map(({ name, values }) => `${name} ${kinds.map((kind) => number(values[kind])).join(', ')}`)
        .join('; '),
      expected: 'perfect predictions the best of all in the declared direction; accuracy as the targets say',
      evidence: { samples: found.perfect.samples, ...evidence },
    })
  },
})

const lacking = ({ facts }: Context): string | null =>
  (['replacePredictions', 'evaluateAnyOrder'] as const)
    .map((one) => facts.can[one] ?? { no: `the engine does not offer ${one}` })
    .flatMap((can) => (can !== 'yes' && 'no' in can ? [can.no] : []))[0] ?? null

const evaluations = async (context: Context): Promise<Readonly<Record<Kind, Evaluation>> | string> => {
  const found = new Map<Kind, Evaluation>()
  // the perfect ones last: a program that remembers its best score remembers them for good
  for (const predictions of kinds.toReversed()) {
    const trial = await context.at('trained')
    const perSample = context.can('perSample')
    const asked = trial.evaluate({ predictions, order, limit: samples, perSample, sameNoise: true })
    const evaluation = await asked.catch((error: unknown) => {
      // a loss that refuses made-up outputs, as one of probabilities does, is right to
      if (error instanceof Crash && !endsProcess(error)) return null
      throw error
    })
    if (evaluation === null) return `the evaluation does not take ${predictions} predictions`
    if (evaluation.replaced !== undefined && evaluation.replaced !== 'yes') return evaluation.replaced.no
    found.set(predictions, evaluation)
  }
  const [perfect, constant, shuffled] = kinds.map((kind) => found.get(kind))
  return perfect && constant && shuffled ? { perfect, constant, shuffled } : 'nothing was evaluated'
}

const areDense = ({ perSample }: Evaluation): boolean =>
  perSample?.targets.dtype === 'int32' && perSample.targets.shape.length > 0

/** By name without the split's. */
const directionsOf = ({ facts, plan }: Context): ReadonlyMap<string, Direction> =>
  new Map([...facts.metrics, plan.objective].map(({ name, direction }) => [name.replace(/^val_/, ''), direction]))

/** Accuracy of each kind of prediction, and by how much the first shuffled one, whose neighbour may be another, can change it. */
const truthOf = ({ perSample }: Evaluation): { readonly accuracy: Values; readonly slack: number } | null => {
  if (perSample?.targets.dtype !== 'int32') return null
  const { count, targetWidth, targets } = outputsOf(perSample)
  // −100 and the like mark what is not scored
  if (targetWidth !== 1 || count < 2 || targets.some((target: number) => target < 0)) return null
  let constant = 0
  let shuffled = 0
  for (let row = 0; row < count; row++) {
    if (targets[row] === 0) constant++
    if (row > 0 && targets[row] === targets[row - 1]) shuffled++
  }
  return { accuracy: { perfect: 1, constant: constant / count, shuffled: shuffled / count }, slack: 1.001 / count }
}

type Metric = { readonly name: string; readonly values: Values }
type Judge = {
  readonly context: Context
  readonly directions: ReadonlyMap<string, Direction>
  readonly truth: ReturnType<typeof truthOf>
  /** Each sample has a class at each of several places. */
  readonly isDense: boolean
  readonly others: readonly Metric[]
  readonly evidence: Outcome['evidence']
}

const judged = (judge: Judge, metric: Metric): Outcome | null =>
  notFinite(judge, metric) ?? ignoring(judge, metric) ?? reversed(judge, metric) ?? extreme(judge, metric)

const place = ({ facts }: Context) => placeOf(facts, 'evaluate', 'metrics', 'loss', 'model', 'setup')

/** A division by the number of mistakes, by a class that is absent. Of a constant many scores are honestly undefined. */
const notFinite = ({ context, evidence }: Judge, { name, values }: Metric): Outcome | null =>
  Number.isNaN(values.perfect) && name !== 'loss'
    ? warn('metric-not-finite', `val_${name} is NaN for perfect predictions`, {
        seen: kinds.map((kind) => `${kind} ${number(values[kind])}`).join(', '),
        expected: 'a number: a NaN never counts as the best',
        where: place(context),
        evidence,
        advice:
          'say what the metric is where it divides by nothing: by a class that no sample has, by no mistake at all',
      })
    : null

/** Equal for all predictions, where some other metric is not: what it looks at are not the predictions. */
const ignoring = ({ context, evidence, others, truth }: Judge, { name, values }: Metric): Outcome | null => {
  const fixed = ({ values }: Metric) => values.perfect === values.constant && values.constant === values.shuffled
  if (!fixed({ name, values })) return null
  const isAccuracy = accuracies.has(name)
  const shouldMove = isAccuracy && truth !== null && truth.accuracy.constant < 1 && truth.accuracy.shuffled < 1
  const isObjective = context.plan.objective.name === `val_${name}`
  if (!shouldMove && !isObjective) return null
  const certain = shouldMove && others.some((other) => !fixed(other))
  return (certain ? noGo : warn)('metric-ignores-predictions', `val_${name} does not depend on what is predicted`, {
    seen: `${number(values.perfect)} for perfect, constant and shuffled predictions alike`,
    expected: shouldMove
      ? `1, ${number(truth.accuracy.constant)} and ${number(truth.accuracy.shuffled)}`
      : 'another value for perfect predictions',
    where: place(context),
    evidence,
    alternatives: ['metric-wrong'],
    advice:
      'look at what is compared with the targets: an argmax over one unit is always 0; so is a rounded probability of logits',
  })
}

const reversed = ({ context, evidence, directions }: Judge, { name, values }: Metric): Outcome | null => {
  const direction = directions.get(name) ?? (name === 'loss' ? 'min' : undefined)
  if (direction === undefined) return null
  const worse = (other: number) => {
    const margin = 1e-6 * Math.max(Math.abs(other), Math.abs(values.perfect), 1e-3)
    return direction === 'max' ? values.perfect < other - margin : values.perfect > other + margin
  }
  // worse than both: a model of scaled targets may well be further from the raw ones than a constant is
  if (!worse(values.constant) || !worse(values.shuffled)) return null
  return (isRanking(context, name) ? noGo : warn)(
    'metric-direction-reversed',
    `val_${name} is declared ${direction}, and perfect predictions score worst`,
    {
      seen: kinds.map((kind) => `${kind} ${number(values[kind])}`).join(', '),
      expected: `the ${direction === 'max' ? 'highest' : 'lowest'} value for perfect predictions`,
      where: place(context),
      evidence,
      alternatives: ['metric-wrong'],
      advice: `declare ${direction === 'max' ? 'min' : 'max'} for val_${name}: the best checkpoint and the stopping rule follow it`,
    },
  )
}

/** The metric that keeper and stopper follow, or one whose sense its name settles. */
const isRanking = ({ plan }: Context, name: string): boolean =>
  plan.objective.name === `val_${name}` || name === 'loss' || accuracies.has(name) || errors.has(name)

const extreme = ({ context, evidence, truth, isDense }: Judge, { name, values }: Metric): Outcome | null => {
  const complain = (level: typeof noGo, expected: string) =>
    level('metric-wrong', `val_${name} is not what such predictions score`, {
      seen: kinds.map((kind) => `${kind} ${number(values[kind])}`).join(', '),
      expected,
      where: place(context),
      evidence,
      advice: 'compare the metric with its definition on a handful of samples',
    })
  if (accuracies.has(name) && truth) {
    // in percent is a choice of unit
    const unit = isClose(values.perfect, 100, 1e-4) ? 100 : 1
    const { perfect, constant, shuffled } = truth.accuracy
    const off = (kind: Kind, slack: number) => Math.abs(values[kind] / unit - truth.accuracy[kind]) > slack
    if (!off('perfect', 1e-4) && !off('constant', 1e-4) && !off('shuffled', truth.slack + 1e-4)) return null
    return complain(
      noGo,
      `${number(perfect * unit)}, ${number(constant * unit)} and ${number(shuffled * unit)}: shares of right answers`,
    )
  }
  if (
    shares.has(name) &&
    (truth || isDense) &&
    !isClose(values.perfect, 1, 1e-3) &&
    !isClose(values.perfect, 100, 1e-3)
  )
    return complain(warn, '1 for perfect predictions; less where classes are absent and count as 0')
  return null
}
