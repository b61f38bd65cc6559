// V1: the same evaluation twice gives the same numbers, bitwise, of the metrics and of every output.
// Not whether they are right (V4), nor whether an evaluation leaves traces in the state (V3).
//
// Three evaluations of one state: twice with every generator put back in between, and once more without. Noise of an evaluation
// is honest where the model is made of it (a VAE samples, diffusion draws its steps), so what differs only without the reset
// warns. It is NO-GO with a signature: the whole model still in training mode while it is evaluated, a dropout of what the model
// has made that goes on in evaluation mode, or, for a classifier, samples that decode differently each time as the training ones do:
// augmentation on validation. A difference that putting the generators
// back does not undo comes from something that no seed governs; rounding alone is the device's, and S1's.
import type { Cause, Evaluation, Facts, PerSample } from '../contract/index.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { outputsOf } from './outputs.ts'
import { arithmeticOf, roundingOf } from './rounding.ts'
import type { Trial } from './trial.ts'
import { outputsApart } from './v2-batch-size-invariance.ts'

/** Relative: a few units in the last place of float32, which no dropped unit and no other crop stays under. */
const lastPlaces = 1e-6

export type Apart = {
  readonly what: string
  readonly first: number
  readonly second: number
  readonly relative: number
}

export const v1 = define({
  code: 'V1',
  needs: ['reset'],
  guarantee: 'evaluationIsPure',
  after: [],
  costClass: 'warm',
  async run(context) {
    const perSample = context.can('perSample')
    const first = await context.evaluation('trained')
    const trial = await context.at('trained')
    const again = await trial.evaluate({ perSample })
    const reset = furthest(first, again)
    // a run trains between two evaluations: one that puts the generators back itself would else draw the same each time
    const onwards = await trial.evaluate({ perSample, modes: true, otherNoise: true })
    const without = furthest(again, onwards)
    const names = Object.keys(first.metrics)
    const dropping = dropped(context, onwards)
    if (dropping) return dropping
    const evidence = {
      samples: first.samples,
      metrics: names,
      withReset: reset?.relative ?? 0,
      withoutReset: without?.relative ?? 0,
      ...(reset ? { first: reset.first, second: reset.second } : {}),
    }
    if (!reset && !without) {
      const drawing = drawn(context)
      if (drawing) return drawing
      if (names.length === 0) return skipped('the evaluation reports no metric')
      return go(`${first.samples} samples evaluated three times: equal`, {
        seen: `${list(names)}${first.perSample ? ' and every output' : ''}: bitwise equal, with the generators put back and without`,
        expected: 'bitwise equality',
        evidence,
      })
    }
    const arithmetic = roundingOf(arithmeticOf(context.facts, first))
    const apart = reset ?? without
    // the same outputs in another order, a shuffled loader: sums of them round otherwise, and nothing is random in them
    const shuffled = !reset && inAnotherOrder(again, onwards, arithmetic.output)
    if (shuffled && apart && metricApart(again, onwards) <= arithmetic.metric)
      return go('evaluated three times: the samples come in another order, the numbers are the same', {
        seen: `${list(names)} within ${number(metricApart(again, onwards))}; every output there again, at another place`,
        expected: `${number(arithmetic.metric)} relative`,
        evidence,
      })
    if (apart && apart.relative <= Math.min(arithmetic.metric, lastPlaces))
      return go(`evaluated three times: ${number(apart.relative)} apart, which is rounding`, {
        seen: `${apart.what}: ${number(apart.first)} and ${number(apart.second)}`,
        expected: `bitwise equality, or the last places of float32: ${lastPlaces} relative`,
        evidence,
      })
    const seen = apart
      ? `the same evaluation twice: ${apart.what} ${number(apart.first)} and ${number(apart.second)}${reset ? ', with every generator put back' : ''}`
      : ''
    return await why(context, trial, {
      reset: reset !== null,
      training: onwards.training ?? [],
      drawn: onwards.noise?.drawn ?? [],
      seen,
      evidence,
    })
  },
})

/** An engine whose noise belongs to a sample and a step gives the same numbers twice, and others at the next evaluation. */
const drawn = ({ facts }: Context): Outcome | null => {
  const streams = facts.evaluationDraws ?? []
  if (streams.length === 0) return null
  return warn(
    'random-evaluation',
    'evaluation draws noise: the same weights score differently from one evaluation to the next',
    {
      seen: `the evaluation’s graph draws ${list(streams)}`,
      expected: 'the same numbers each time: a score that changes by itself cannot rank two checkpoints',
      where: placeOf(facts, 'model', 'loss', 'setup'),
      evidence: { streams: [...streams] },
      alternatives: ['no-eval-mode'],
      advice: 'if the model is not meant to draw while it is evaluated, ask nn.isTraining() before the noise',
    },
  )
}

/**
 * A dropout of what the model has made, by a module in evaluation mode, each sample once: of a classifier or a regression nobody wants
 * that. Some generators take their noise from it (pix2pix); of an attention nobody does.
 */
const dropped = ({ facts, task }: Context, { noise }: Evaluation): Outcome | null => {
  const places = [...(noise?.attention ?? []), ...(noise?.dropped ?? [])]
  if (places.length === 0) return null
  const level = task.kind === 'custom' && noise?.attention.length === 0 ? warn : noGo
  return level('no-eval-mode', 'a dropout goes on in evaluation mode', {
    seen: `${places.length === 1 ? 'a dropout' : `${places.length} dropouts`} within the model, by modules that are in evaluation mode`,
    expected: 'nothing dropped while the model is evaluated: each sample is scored once, and without some of its units',
    where: places.find((place) => place !== '') ?? placeOf(facts, 'model', 'setup'),
    evidence: { dropped: places },
    advice:
      'hand on the mode: training=self.training, or dropout_p=self.p if self.training else 0.0; a dropout that is meant to stay on says training=True',
  })
}

type Found = {
  readonly reset: boolean
  /** Modules in training mode while evaluating. */
  readonly training: readonly string[]
  /** Lines of the model that draw in evaluation mode. */
  readonly drawn: readonly string[]
  readonly seen: string
  readonly evidence: Outcome['evidence']
}

const why = async (
  context: Context,
  trial: Trial,
  { reset, training, drawn, seen, evidence }: Found,
): Promise<Outcome> => {
  const { facts, task } = context
  const noisy = noisyInTraining(facts, training)
  const expected = 'the same numbers each time: a score that changes by itself cannot rank two checkpoints'
  const where = drawn.find((place) => place !== '') ?? placeOf(facts, 'evaluate', 'model', 'setup')
  const found = { seen, expected, where, evidence: { ...evidence, training: training.slice(0, 8), noisy } }
  // the model itself, not single layers that someone has turned on by name
  if (training.includes('') && noisy.length > 0 && task.kind !== 'custom')
    return noGo('no-eval-mode', 'evaluation is random: the model is in training mode', {
      ...found,
      seen: `${seen}; in training mode while evaluating: ${list(noisy)}`,
      advice: 'call model.eval() before the evaluation, and model.train() after it',
    })
  const augmented = await changingInputs(context, trial)
  const spoilt = augmented?.spoilt
  if (spoilt && spoilt.changed >= 2)
    return noGo('samples-changed-in-place', 'reading a validation sample changes what the data set holds of it', {
      ...found,
      seen: `${seen}; ${spoilt.changed} of ${spoilt.tried} samples: their row of ${spoilt.held} was another after each reading`,
      evidence: { ...found.evidence, ...spoilt },
      advice: 'copy the row before it is changed: clone() or copy(), and no methods that end in _',
    })
  if (augmented) {
    const level = task.kind === 'classification' && augmented.train > 0 ? noGo : warn
    return level('augmentation-on-validation', 'validation samples decode differently each time', {
      ...found,
      seen: `${seen}; ${augmented.val} of ${augmented.tried} validation samples decode differently from one time to the next`,
      where: placeOf(facts, 'datasets', 'data', 'setup'),
      evidence: {
        ...found.evidence,
        changing: augmented.val,
        tried: augmented.tried,
        changingInTraining: augmented.train,
      },
      alternatives: ['random-evaluation'],
      advice: 'give validation a data set of its own, without the random transforms of training',
    })
  }
  const alternatives: Cause[] = noisy.length > 0 ? ['no-eval-mode'] : []
  if (reset)
    return warn('random-evaluation', 'the same state scores differently each time, whatever the seed', {
      ...found,
      alternatives: [...alternatives, 'unseeded-randomness', 'order-dependent-outputs', 'nondeterministic-kernel'],
      advice:
        'look for a generator that the run’s seed does not reach, and for something kept from one evaluation to the next',
    })
  return warn('random-evaluation', 'evaluation is random: the same state scores differently each time', {
    ...found,
    alternatives: [...alternatives, ...(alternatives.length === 0 ? (['no-eval-mode'] as const) : [])],
    advice:
      'if the model is meant to draw (a VAE, diffusion), give its noise a fixed seed while evaluating; else look for a functional dropout that is always on',
  })
}

/** Modules with noise that were in training mode. */
const noisyInTraining = ({ modules = [] }: Pick<Facts, 'modules'>, training: readonly string[]): string[] => {
  const on = new Set(training)
  return modules.filter(({ name, traits }) => traits.includes('drawsNoise') && on.has(name)).map(({ name }) => name)
}

const changingInputs = async (context: Context, trial: Trial) => {
  if (!context.can('survey')) return null
  const val = await trial.survey({ split: 'val', limit: 8 })
  if (val.changing === 0) return null
  const train = await trial.survey({ split: 'train', limit: 8 })
  return { spoilt: val.spoilt ?? null, val: val.changing, tried: val.tried, train: train.changing }
}

/** What lies furthest apart in two evaluations of the same samples; null where they are bitwise equal. */
export const furthest = (a: Evaluation, b: Evaluation): Apart | null => {
  const others = new Map(Object.entries(b.metrics))
  const apart = Object.entries(a.metrics).flatMap(([what, first]) => {
    const second = others.get(what)
    if (second === undefined || Object.is(first, second)) return []
    const relative = Math.abs(first - second) / Math.max(Math.abs(first), Math.abs(second))
    return [{ what, first, second, relative: Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative }]
  })
  const outputs = equalBytes(a, b) ? 0 : outputsApart(a, b)
  const furthestMetric = apart.toSorted((x, y) => y.relative - x.relative)[0]
  if (furthestMetric && furthestMetric.relative >= (outputs ?? 0)) return furthestMetric
  if (furthestMetric) return { ...furthestMetric, relative: outputs ?? furthestMetric.relative }
  return outputs ? { what: 'an output, relative to the largest', first: 0, second: outputs, relative: outputs } : null
}

const metricApart = (a: Evaluation, b: Evaluation): number => {
  const others = new Map(Object.entries(b.metrics))
  return Math.max(
    0,
    ...Object.entries(a.metrics).map(([name, first]) => {
      const second = others.get(name) ?? Number.NaN
      const relative = Object.is(first, second)
        ? 0
        : Math.abs(first - second) / Math.max(Math.abs(first), Math.abs(second))
      return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative
    }),
  )
}

/** All numbers of the outputs come again, only elsewhere: noise would have moved them. */
export const inAnotherOrder = (a: Evaluation, b: Evaluation, tolerance: number): boolean => {
  if (!a.perSample || !b.perSample || equalBytes(a, b)) return false
  const [left, right] = [a, b].map(({ perSample }) => outputsOf(perSample as PerSample).values.toSorted())
  if (!left || !right || left.length === 0 || left.length !== right.length) return false
  const largest = Math.max(Math.abs(left[0] as number), Math.abs(left.at(-1) as number), 1e-6)
  return left.every((value, i) => Math.abs(value - (right[i] as number)) <= tolerance * largest)
}

const equalBytes = (a: Evaluation, b: Evaluation): boolean =>
  a.perSample?.outputs.float32 === b.perSample?.outputs.float32
