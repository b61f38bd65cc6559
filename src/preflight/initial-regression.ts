// The first loss of a regression against what blind predictions give: the variance of the targets, with their mean or without.
// Levels only warn here: a skip connection beats every blind prediction honestly, and the training loss may be any.
import type { Task } from '../contract/index.ts'
import { go, number, type Outcome, skipped, warn } from './check.ts'
import { type Initial, lossPlace, modelPlace } from './initial.ts'
import { errorsOf, mean, outputsOf, variance } from './outputs.ts'

type Regression = Extract<Task, { kind: 'regression' }>

export const regressionLevel = ({ context, evaluation, first }: Initial, task: Regression): Outcome => {
  const { perSample } = evaluation
  const outputs = perSample ? outputsOf(perSample) : null
  if (!outputs || outputs.width !== outputs.targetWidth)
    return skipped('a regression whose outputs are not shown has no chance level')
  const loss = mean(errorsOf(outputs, 'squared'))
  const constant = variance(outputs.targets)
  const zero = mean(Float64Array.from(outputs.targets, (value) => value * value))
  const spread = variance(outputs.values)
  const evidence = {
    squaredError: loss,
    constant,
    zero,
    spread,
    samples: outputs.count,
    outputs: task.outputs,
    trainLoss: first.loss,
  }
  const holds = {
    seen: `mean squared error ${number(loss)} on ${outputs.count} samples before the first update`,
    expected: `${number(constant)} (variance of the targets) to ${number(zero)} (a zero output)`,
    evidence,
  }
  if (task.pretrained)
    return loss < zero
      ? go(`first error ${number(loss)}: pretrained, and better than a zero output`, holds)
      : warn('initial-loss-too-high', 'declared pretrained, yet no better than a zero output', {
          ...holds,
          where: modelPlace(context),
        })
  if (loss < 0.5 * constant)
    return warn('initial-loss-too-low', 'an untrained model beats every blind prediction', {
      ...holds,
      where: lossPlace(context),
      advice: 'a skip connection explains this; else look for the target among the inputs, or declare pretrained: true',
    })
  if (loss > 10 * zero && spread > 5 * constant)
    return warn('initialisation-too-large', `first error ${number(loss)}, a zero output has ${number(zero)}`, {
      ...holds,
      where: modelPlace(context),
      advice: 'scale the last layer down, or normalise inputs and targets',
    })
  return go(`first error ${number(loss)}; blind predictions give ${number(constant)} to ${number(zero)}`, holds)
}
