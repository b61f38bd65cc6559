// I2: what the loss takes for logits are logits: no softmax has been applied to them before.
// Not whether the loss gets down (O4), nor the level it starts at (I1).
//
// Rows of outputs that are non-negative and sum to 1 are probabilities. That alone is no fault: a loss may take their logarithm. The
// signature is the reported loss: cross-entropy of the probabilities taken as logits is softmax twice; −log p is a model and a loss
// that belong together. One output a sample that is exactly 1 for every sample is a softmax over one unit, before and after training.
// Columns of each batch that sum to 1 are a softmax over the samples.
import type { Evaluation, Task } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { doubleSoftmaxFloor } from './floors.ts'
import { isClose } from './formulas.ts'
import { crossEntropies, mean, type Outputs, outputsOf, rowsAreProbabilities } from './outputs.ts'

export const i2 = define({
  code: 'I2',
  needs: ['perSample', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const { task } = context
    if (task.kind === 'custom') return skipped('a custom task has no logits that gonogo knows')
    const initial = await context.evaluation('initial')
    const trained = await context.evaluation('trained')
    if (!initial.perSample || !trained.perSample) return skipped('the evaluation shows no outputs')
    const both = [outputsOf(initial.perSample), outputsOf(trained.perSample)] as const
    if (both.some(({ count }) => count < 2)) return skipped('one validation sample shows no pattern')
    if (both.every(isOnes)) return overOneUnit(context, both[1])
    if (task.kind !== 'classification' || both[1].width !== task.classes)
      return go(`outputs of ${both[1].width} a sample are no constant`, {
        seen: rangeOf(both[1]),
        expected: 'outputs that can tell one sample from another',
        evidence: { samples: both[1].count, width: both[1].width },
      })
    if (both.every(rowsAreProbabilities)) return ofProbabilities(context, task, trained, both)
    const size = context.plan.run.evaluate.batch_size
    if (both.every((outputs) => columnsSumToOne(outputs, size))) return overTheBatch(context, both[1], size)
    return go(`outputs are logits: ${rangeOf(both[1])}`, {
      seen: `${both[1].count} rows of ${task.classes}, which are no probabilities`,
      expected: 'logits, or probabilities together with a loss that takes their logarithm',
      evidence: { samples: both[1].count, width: both[1].width },
    })
  },
})

const rangeOf = ({ values }: Outputs): string => {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return `from ${number(low)} to ${number(high)}`
}

const isOnes = ({ width, values }: Outputs): boolean => width === 1 && values.every((value: number) => value === 1)

const overOneUnit = (context: Context, { count }: Outputs): Outcome =>
  noGo('softmax-over-one-unit', 'the output is 1 for every sample: a softmax over a single unit', {
    seen: `${count} of ${count} outputs are exactly 1, before training and after`,
    expected: 'an output that depends on the input',
    where: placeOf(context.facts, 'model', 'setup'),
    evidence: { samples: count },
    advice: 'use a sigmoid on one unit, or two units; with a loss on logits no activation at all',
  })

/** Softmax over the wrong dimension: every class shares its 1 among the samples of a batch. */
export const columnsSumToOne = ({ count, width, values }: Outputs, size: number): boolean => {
  if (width < 2 || count < 2 || values.some((value: number) => !(value >= 0 && value <= 1))) return false
  for (let from = 0; from < count; from += size) {
    const to = Math.min(count, from + size)
    // the row of a batch of one is all ones
    for (let column = 0; column < width; column++) {
      let sum = 0
      for (let row = from; row < to; row++) sum += values[row * width + column] as number
      if (Math.abs(sum - 1) > 1e-4) return false
    }
  }
  return true
}

const overTheBatch = (context: Context, { count }: Outputs, size: number): Outcome =>
  noGo('softmax-over-the-batch', 'the softmax runs over the samples of the batch, not over the classes', {
    seen: `in each batch of ${size} of ${count} samples the outputs of every class are ≥ 0 and sum to 1`,
    expected: 'logits, whose batch they do not depend on',
    where: placeOf(context.facts, 'model', 'setup'),
    evidence: { samples: count, batchSize: size },
    alternatives: ['batch-dependent-outputs'],
    advice: 'return the logits, without softmax; where one is needed, over the last dimension: dim=-1',
  })

type Classification = Extract<Task, { kind: 'classification' }>

const ofProbabilities = (
  context: Context,
  task: Classification,
  trained: Evaluation,
  both: readonly [Outputs, Outputs],
): Outcome => {
  const [, outputs] = both
  const reported = new Map(Object.entries(trained.metrics)).get('loss')
  const twice = mean(crossEntropies(outputs, 'logits'))
  const once = mean(crossEntropies(outputs, 'probabilities'))
  const floor = doubleSoftmaxFloor(task.classes)
  const rows = `${outputs.count} of ${outputs.count} rows of outputs are ≥ 0 and sum to 1`
  const evidence = { samples: outputs.count, loss: reported ?? null, asLogits: twice, asProbabilities: once, floor }
  const fits = (value: number) => reported !== undefined && isClose(reported, value, 1e-4)
  const smoothed = task.smoothing > 0 && fits(mean(crossEntropies(outputs, 'logits', task.smoothing)))
  if ((fits(twice) || smoothed) && !fits(once))
    return noGo('double-softmax', 'the model returns probabilities where logits belong', {
      seen: `${rows}; the reported loss ${number(reported ?? 0)} is the cross-entropy of another softmax over them`,
      expected: `logits; softmax twice cannot get below ln(e+${task.classes - 1})−1 = ${number(floor)}`,
      where: placeOf(context.facts, 'model', 'loss', 'setup'),
      evidence,
      advice: 'return the logits, without softmax: cross-entropy applies it',
    })
  if (fits(once))
    return go('outputs are probabilities, and the loss is their −log p', {
      seen: `${rows}; loss ${number(reported ?? 0)} = mean of −log p`,
      expected: 'a softmax once',
      evidence,
    })
  const trainsOnLogits = context.facts.owns.step === 'managed' && placeOf(context.facts, 'loss') === null
  if (trainsOnLogits)
    return noGo('double-softmax', 'the model returns probabilities, and the managed loss applies softmax to them', {
      seen: rows,
      expected: `logits; softmax twice cannot get below ln(e+${task.classes - 1})−1 = ${number(floor)}`,
      where: placeOf(context.facts, 'model', 'setup'),
      evidence,
      advice: 'return the logits, without softmax: cross-entropy applies it',
    })
  return reported === undefined
    ? skipped('outputs are probabilities, and no loss is reported that would say what is made of them')
    : warn('double-softmax', 'outputs are probabilities, and the loss is not their −log p', {
        seen: `${rows}; loss ${number(reported)}`,
        expected: `${number(once)} where the loss takes the logarithm; ${number(twice)} where it applies softmax again`,
        where: placeOf(context.facts, 'loss', 'evaluate', 'model', 'setup'),
        evidence,
        alternatives: ['loss-wrong'],
        advice: 'look whether the loss takes logits or probabilities: O4 fits one batch with it',
      })
}
