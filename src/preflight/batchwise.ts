// The signature of any metric that is averaged over batches: intersection over union, F1, recall, whatever its formula.
// Not the formulas of numbers per sample (formulas.ts), and nothing is known of the metric.
//
// Each batch is evaluated by itself. A metric that is made once from all samples is no plain mean of what single batches give, and one
// that is a mean over samples is their mean weighted by samples. So the plain mean to the last places, where the weighted one and the
// value of all samples in one batch are different numbers, says how the metric was made.
import type { Evaluation } from '../contract/index.ts'
import { isClose } from './formulas.ts'

export type Batchwise = {
  readonly name: string
  readonly reported: number
  readonly whole: number
  readonly batches: number
}

/** Two numbers that are one but for the rounding of a mean. */
const same = 1e-6
/** Between the plain mean and the other two: what a single answer that is turned by rounding could not hide. */
const apart = 1e-4

/** One evaluation of this many samples, in batches of a size, its batches one by one, and all in one batch. Pure. */
export const batchwiseIn = (
  reported: Evaluation,
  single: readonly Evaluation[],
  whole: Evaluation,
): Batchwise | null => {
  const samples = single.reduce((sum, one) => sum + one.samples, 0)
  if (single.length < 2 || samples !== reported.samples || samples !== whole.samples) return null
  for (const [name, value] of Object.entries(reported.metrics)) {
    const each = single.map(({ metrics }) => new Map(Object.entries(metrics)).get(name))
    const all = new Map(Object.entries(whole.metrics)).get(name)
    if (all === undefined || !each.every((one): one is number => one !== undefined && Number.isFinite(one))) continue
    const plain = each.reduce((sum, one) => sum + one, 0) / each.length
    const weighted = each.reduce((sum, one, i) => sum + one * (single[i]?.samples ?? 0), 0) / samples
    const differs = (other: number) =>
      Math.abs(plain - other) > apart * Math.max(Math.abs(plain), Math.abs(other), 1e-3)
    if (isClose(value, plain, same) && differs(all) && differs(weighted))
      return { name, reported: value, whole: all, batches: single.length }
  }
  return null
}

/** Samples of each batch, by their place. */
export const placesOf = (samples: number, size: number): number[][] =>
  Array.from({ length: Math.ceil(samples / size) }, (_, batch) =>
    Array.from({ length: Math.min(size, samples - batch * size) }, (_, i) => batch * size + i),
  )
