// Rival formulas of a mean over samples: what a wrong evaluation would report from the same per-sample numbers.
// Pure. A rival that gives the reported number, where the right formula does not, is the cause.
import type { Cause } from '../contract/index.ts'

export type Formula = { readonly cause: Cause; readonly words: string; readonly value: number }

/** The mean over samples. */
export const overSamples = (values: ArrayLike<number>): number => sum(values, 0, values.length) / values.length

const sum = (values: ArrayLike<number>, from: number, to: number): number => {
  let total = 0
  for (let i = from; i < to; i++) total += values[i] as number
  return total
}

/** What each known mistake would report for these samples in batches of `size`, in order. */
export const rivals = (values: ArrayLike<number>, size: number): Formula[] => {
  const count = values.length
  const batches = Math.ceil(count / size)
  const whole = Math.floor(count / size)
  const total = sum(values, 0, count)
  let means = 0
  for (let k = 0; k < batches; k++) {
    const to = Math.min(count, (k + 1) * size)
    means += sum(values, k * size, to) / (to - k * size)
  }
  const full = sum(values, 0, whole * size)
  const lastFrom = (batches - 1) * size
  const missing = batches * size - count
  const found: Formula[] = [
    { cause: 'mean-of-batch-means', words: `the mean of ${batches} batch means`, value: means / batches },
    {
      cause: 'wrong-divisor',
      words: `the sum over samples, divided by ${batches} batches × ${size}`,
      value: total / (batches * size),
    },
    { cause: 'wrong-divisor', words: `the sum over samples, divided by ${batches} batches`, value: total / batches },
    { cause: 'wrong-divisor', words: 'the sum over samples, not divided', value: total },
    { cause: 'wrong-divisor', words: `the sum of ${batches} batch means, not divided`, value: means },
    { cause: 'wrong-divisor', words: 'the sum of batch means, divided by samples', value: means / count },
  ]
  if (whole > 0 && missing > 0)
    found.push(
      {
        cause: 'samples-left-out',
        words: `the mean over the ${whole} full batches alone`,
        value: full / (whole * size),
      },
      {
        cause: 'samples-left-out',
        words: `the sum over the ${whole} full batches, divided by all samples`,
        value: full / count,
      },
      {
        cause: 'samples-counted-twice',
        words: 'the mean with the last batch filled up from the first samples',
        value: (total + sum(values, 0, Math.min(missing, count))) / (batches * size),
      },
      {
        cause: 'samples-counted-twice',
        words: 'the mean with the last sample repeated to fill the batch',
        value: (total + missing * (values[count - 1] as number)) / (batches * size),
      },
    )
  if (batches > 1)
    found.push(
      {
        cause: 'samples-left-out',
        words: 'the mean over the last batch alone',
        value: sum(values, lastFrom, count) / (count - lastFrom),
      },
      { cause: 'samples-left-out', words: 'the mean over the first batch alone', value: sum(values, 0, size) / size },
    )
  return found
}

/** Equal within float32 rounding of a long sum. */
export const isClose = (a: number, b: number, tolerance = 1e-5): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-3)

/** The rival that gives the reported number, if the right formula does not and would differ from it visibly. */
export const rivalThatFits = (
  reported: number,
  values: ArrayLike<number>,
  size: number,
  tolerance = 1e-5,
): Formula | null => {
  const right = overSamples(values)
  if (isClose(reported, right, tolerance)) return null
  return rivals(values, size).find(({ value }) => isClose(reported, value, tolerance)) ?? null
}
