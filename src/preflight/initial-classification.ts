// The first loss of a classifier against chance, by the two comparisons that i1-chance-level.ts derives.
// Not other tasks; not the reduction of the loss.
import type { Task } from '../contract/index.ts'
import { chanceOfLogits, entropy, type LogitChance, lossOfSpread, priorsOf } from './chance.ts'
import { go, noGo, number, type Outcome, skipped, warn } from './check.ts'
import { differenceIn, stateDifferences } from './compare.ts'
import type { Context } from './context.ts'
import { type Initial, lossPlace, modelPlace } from './initial.ts'
import { type Outputs, outputsOf, readingsOf } from './outputs.ts'

type Classification = Extract<Task, { kind: 'classification' }>

/** Standard errors of sampling noise that chance may show. */
const noise = 4
/** Above this a start is overwhelming: four times chance, and ten nats more than chance (sum pooling over a graph stays below). */
const overwhelming = (uniform: number): number => Math.max(4 * uniform, uniform + 10)
/** Inputs beyond this mean or standard deviation make large logits by themselves. */
const ordinaryInput = 10

export const classificationLevel = async (initial: Initial, task: Classification): Promise<Outcome> => {
  const { perSample } = initial.evaluation
  const outputs = perSample ? outputsOf(perSample) : null
  const readable = outputs?.width === task.classes && !readingsOf(outputs, task.classes).includes('unknown')
  if (outputs && readable) return fromLogits(initial, task, outputs)
  return fromReported(initial, task)
}

const fromLogits = async (initial: Initial, task: Classification, outputs: Outputs): Promise<Outcome> => {
  const { context } = initial
  const { classes } = task
  const chance = chanceOfLogits(outputs, classes)
  const uniform = Math.log(classes)
  const blind = entropy(priorsOf(outputs.targets, classes))
  const low = chance.independent - noise * chance.error
  const high = chance.independent + noise * Math.hypot(chance.error, chance.naming)
  const evidence = {
    loss: chance.loss,
    chance: uniform,
    blind,
    independent: chance.independent,
    low,
    high,
    sigma: chance.sigma,
    fromSpread: lossOfSpread(classes, chance.sigma),
    accuracy: chance.accuracy,
    samples: outputs.count,
    trainLoss: initial.first.loss,
    prediction: [...chance.prediction.slice(0, 20)],
    band: 'mean logsumexp(z) − Σ πc·zc over the same logits, ± 4 standard errors; above, also of which class bears which name',
  }
  const band = `${number(low)} to ${number(high)}`
  const seen = `loss ${number(chance.loss)} on ${outputs.count} samples, accuracy ${number(chance.accuracy)}, logits spread σ ${number(chance.sigma)}`
  const expected = `ln ${classes} = ${number(uniform)}; ${band} for logits of this spread that know nothing of the labels`
  const holds = { seen, expected, evidence }
  if (!Number.isFinite(chance.loss))
    return noGo('loss-not-finite', 'the loss of an untrained model is not finite', {
      ...holds,
      where: modelPlace(context),
    })
  if (task.pretrained)
    return chance.loss < Math.min(uniform, blind)
      ? go(`first loss ${number(chance.loss)}: pretrained, and better than chance ${number(uniform)}`, holds)
      : warn('initial-loss-too-high', 'declared pretrained, yet no better than chance', {
          ...holds,
          where: modelPlace(context),
          advice: 'see that the weights are loaded; a new head on a pretrained body does start at chance',
        })
  const below = await tooLow(initial, chance, blind, holds)
  if (below) return below
  if (chance.independent > overwhelming(uniform)) return tooLarge(initial, chance, uniform, outputs, holds)
  if (chance.loss > Math.max(high, blind + noise * chance.error) && chance.loss > 1.05 * uniform)
    return warn('initial-loss-too-high', 'the first loss is worse than blind guessing with the same logits', {
      ...holds,
      where: modelPlace(context),
      advice: 'see that labels and classes are in the same order',
    })
  if (chance.independent > 1.5 * uniform)
    return warn('initialisation-too-large', `first loss ${number(chance.loss)}, chance is ${number(uniform)}`, {
      ...holds,
      where: modelPlace(context),
      advice: 'scale the last layer down, or normalise the inputs: the first steps only undo this',
    })
  return go(`first loss ${number(chance.loss)}; chance is ${number(uniform)}, band ${band}`, holds)
}

type Holds = { seen: string; expected: string; evidence: Record<string, number | string | number[]> }

/** Better than any blind prediction: leakage, or weights that are not new and not declared so. */
const tooLow = async (
  { context }: Initial,
  chance: LogitChance,
  blind: number,
  holds: Holds,
): Promise<Outcome | null> => {
  const deviations = (blind - chance.loss) / Math.max(chance.error, 1e-9)
  if (chance.loss >= blind || deviations < noise) return null
  const certain = chance.loss < 0.7 * blind && deviations > 8 && !(await comesFromElsewhere(context))
  const level = certain ? noGo : chance.loss < 0.98 * blind ? warn : null
  return (
    level?.('initial-loss-too-low', 'an untrained model beats every blind prediction', {
      ...holds,
      expected: `at least ${number(blind)}, the entropy of the labels; less only where the weights are not new`,
      where: lossPlace(context),
      advice: 'look for the label among the inputs; if the weights come from elsewhere, declare pretrained: true',
    }) ?? null
  )
}

/** Every weight is the same under another seed: none was drawn, so the model is one that has been trained before. */
const comesFromElsewhere = async (context: Context): Promise<boolean> => {
  if (!context.can('freshProcess')) return false
  const { initial } = await context.reference()
  return differenceIn(stateDifferences(initial, (await context.other()).initial), 'parameters') === undefined
}

const tooLarge = async (
  { context }: Initial,
  chance: LogitChance,
  uniform: number,
  outputs: Outputs,
  holds: Holds,
): Promise<Outcome> => {
  const trial = await context.at('initial')
  const samples = await trial.data({ split: 'val', limit: 32 })
  const inputs = Math.max(...samples.map(({ mean, std }) => Math.max(Math.abs(mean), std)), 0)
  const tied = context.facts.tensors.some(({ tiedTo }) => tiedTo !== null)
  const evidence = { ...holds.evidence, inputs, tied, samples: outputs.count }
  const title = `first loss ${number(chance.loss)}, ${number(chance.independent / uniform)} × chance`
  if (tied || inputs > ordinaryInput)
    return warn('initialisation-too-large', title, {
      ...holds,
      evidence,
      where: modelPlace(context),
      advice: tied
        ? 'draw the tied embedding with a smaller standard deviation, 0.02 for one'
        : `normalise the inputs: values reach ${number(inputs)}`,
    })
  return noGo('initialisation-too-large', title, {
    ...holds,
    expected: `${holds.expected}; the spread of the logits explains ${number(chance.independent - uniform)} of the excess`,
    evidence,
    where: modelPlace(context),
    alternatives: ['initial-loss-too-high'],
    advice: 'scale the initial weights by 1/√(inputs) (the layers’ own initialisers do), the last layer above all',
  })
}

/** Without outputs: the reported validation loss against ln C, with room for any reasonable spread. */
const fromReported = ({ context, evaluation, first }: Initial, task: Classification): Outcome => {
  const uniform = Math.log(task.classes)
  const reported = evaluation.metrics.loss ?? first.loss
  const evidence = { loss: reported, chance: uniform, trainLoss: first.loss, samples: evaluation.samples }
  const holds = {
    seen: `loss ${number(reported)} before the first update, training loss ${number(first.loss)}`,
    expected: `about ln ${task.classes} = ${number(uniform)}; without outputs the spread of the logits is unknown`,
    evidence,
  }
  if (evaluation.metrics.loss === undefined && first.samples.count === 0) return skipped('no loss is reported')
  if (task.pretrained)
    return reported < uniform
      ? go(`first loss ${number(reported)}: pretrained, and better than chance ${number(uniform)}`, holds)
      : warn('initial-loss-too-high', 'declared pretrained, yet no better than chance', {
          ...holds,
          where: modelPlace(context),
        })
  if (reported > overwhelming(uniform) && first.loss > overwhelming(uniform))
    return noGo('initial-loss-too-high', `first loss ${number(reported)}, ${number(reported / uniform)} × chance`, {
      ...holds,
      where: modelPlace(context),
      alternatives: ['initialisation-too-large', 'sum-reduction'],
      advice: 'scale the initial weights down, the last layer above all, and normalise the inputs',
    })
  if (reported > 1.5 * uniform)
    return warn('initial-loss-too-high', `first loss ${number(reported)}, chance is ${number(uniform)}`, {
      ...holds,
      where: modelPlace(context),
      alternatives: ['initialisation-too-large'],
    })
  if (reported < 0.5 * uniform)
    return warn('initial-loss-too-low', `first loss ${number(reported)}, chance is ${number(uniform)}`, {
      ...holds,
      where: lossPlace(context),
      advice: 'rare classes explain this; else look for the label among the inputs',
    })
  return go(`first loss ${number(reported)}; chance is ${number(uniform)}`, holds)
}
