// What known mistakes report as accuracy: the argmax over one unit, over the batch, every answer against every label, logits rounded,
// a score that adds up over evaluations, or is right in a single batch alone. A part of V4. Not the formulas of means (formulas.ts).
//
// An accuracy that the outputs do not give may be meant: another threshold, predictions that are smoothed, drawn or averaged first. So a
// mistake has to give every number that is reported, of the untrained and the trained model and of half the samples, and to be off from the
// right one in two of them.
import type { Evaluation, PerSample } from '../contract/index.ts'
import { number } from './check.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import { isClose } from './formulas.ts'
import { mean, type Outputs, outputsOf, type Reading, readingsOf, rightAnswers } from './outputs.ts'
import type { Trial } from './trial.ts'

export type Mistake = { readonly words: string; readonly value: number }

const largestOf = (length: number, of: (i: number) => number): number => {
  let top = 0
  for (let i = 1; i < length; i++) if (of(i) > of(top)) top = i
  return top
}

/** What each mistake would report of these outputs, in batches of `size`, in order. Pure. */
export const mistakesOf = (outputs: Outputs, reading: Reading, size: number): Mistake[] => {
  const { count, width, values, targets } = outputs
  const share = (hit: (row: number) => boolean) => {
    let hits = 0
    for (let row = 0; row < count; row++) if (hit(row)) hits++
    return hits / count
  }
  const at = (row: number, i: number) => values[row * width + i] as number
  const single = reading === 'one logit' || reading === 'one probability'
  const answer = (row: number) =>
    single ? Number(at(row, 0) > (reading === 'one logit' ? 0 : 0.5)) : largestOf(width, (i) => at(row, i))
  let pairs = 0
  let [zipped, looked] = [0, 0]
  for (let from = 0; from < count; from += size) {
    const rows = Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i)
    const answers = rows.map(answer)
    let equal = 0
    for (const row of rows) for (const one of answers) if (one === targets[row]) equal++
    pairs += equal / rows.length
    const tops = Array.from({ length: width }, (_, i) => largestOf(rows.length, (row) => at(from + row, i)))
    zipped += tops.filter((top, i) => i < rows.length && top === targets[from + i]).length
    looked += rows.filter((row) => tops[targets[row] as number] === targets[row]).length
  }
  return [
    { words: 'the mean over every answer against every label of its batch', value: pairs / count },
    ...(single
      ? [
          {
            words: 'the share of label 0: the argmax over one unit is always 0',
            value: share((row) => targets[row] === 0),
          },
        ]
      : [
          { words: 'the argmax runs over the samples of a batch', value: zipped / count },
          { words: 'the argmax runs over the samples of a batch', value: looked / count },
        ]),
    ...(reading === 'one logit'
      ? [
          {
            words: 'logits are rounded as if they were probabilities',
            value: share((row) => Math.round(at(row, 0)) === targets[row]),
          },
          {
            words: 'logits are held against 0.5 as if they were probabilities',
            value: share((row) => Number(at(row, 0) > 0.5) === targets[row]),
          },
        ]
      : []),
  ]
}

const reportedBy = ({ metrics }: Evaluation): number | undefined => new Map(Object.entries(metrics)).get('accuracy')

/** The mistake that gives what is reported, of every evaluation in turn; of two of them at least it is not the right number. Pure. */
export const mistakeIn = (evaluations: readonly Evaluation[], classes: number, size: number): string | null => {
  const fits = evaluations.map((evaluation) => {
    const reported = reportedBy(evaluation)
    const [outputs, reading] = readAs(evaluation.perSample, classes)
    if (reported === undefined || outputs === null || reading === undefined) return null
    const right = mean(rightAnswers(outputs, reading).right)
    return mistakesOf(outputs, reading, size).map(({ words, value }) => ({
      words,
      fits: isClose(reported, value),
      apart: !isClose(right, value, 1e-3),
    }))
  })
  const [first] = fits
  if (!first || fits.some((one) => one === null)) return null
  const found = first.findIndex(
    (_, i) => fits.every((one) => one?.[i]?.fits) && fits.filter((one) => one?.[i]?.apart).length > 1,
  )
  return first[found]?.words ?? null
}

const readAs = (perSample: PerSample | undefined, classes: number): [Outputs | null, Reading | undefined] => {
  if (!perSample) return [null, undefined]
  const outputs = outputsOf(perSample)
  const [reading] = readingsOf(outputs, classes)
  return reading === 'unknown' ? [null, undefined] : [outputs, reading]
}

/** What is certainly wrong with an accuracy that the outputs do not give, in words; null where it may be meant. */
export const whyWrong = async (context: Context, trained: Evaluation, classes: number): Promise<string | null> => {
  const initial = await context.evaluation('initial')
  const trial = await context.at('trained')
  const half = await trial.evaluate({ perSample: true, limit: Math.ceil(trained.samples / 2) })
  const found = mistakeIn([initial, trained, half], classes, context.plan.run.evaluate.batch_size)
  if (found !== null) return found
  const batched = await hangsOnBatches(context, trial, trained, classes)
  if (batched !== null) return batched
  const [a, b] = [await trial.evaluate(again), await trial.evaluate(again)]
  const equal = a.perSample !== undefined && a.perSample.outputs.float32 === b.perSample?.outputs.float32
  const [first, second] = [reportedBy(a), reportedBy(b)]
  return equal && first !== undefined && second !== undefined && !isClose(first, second)
    ? `${number(first)}, then ${number(second)} of equal outputs: it adds up over evaluations`
    : null
}

/** Thresholds, draws and mirror images are the same in one batch as in many: an accuracy that is right in one alone is put together wrongly. */
const hangsOnBatches = async (context: Context, trial: Trial, { samples, batches }: Evaluation, classes: number) => {
  if (batches < 2 || !context.can('evaluateAnyBatchSize')) return null
  try {
    const whole = await trial.evaluate({ perSample: true, batchSize: samples })
    const [outputs, reading] = readAs(whole.perSample, classes)
    const reported = reportedBy(whole)
    if (whole.batches !== 1 || reported === undefined || outputs === null || reading === undefined) return null
    return isClose(reported, mean(rightAnswers(outputs, reading).right))
      ? `it is right, ${number(reported)}, where all samples are one batch`
      : null
  } catch (error) {
    if (error instanceof Crash) return null
    throw error
  }
}

const again = { perSample: true, sameNoise: true } as const
