// Whether the training loss cares which target belongs to which output: one batch as it is, and with its labels in other orders.
// Not how low the loss gets (O4).
//
// A loss that compares each output with its own target changes when targets change places, unless outputs are all the same. One that
// compares every output with every target, as (N,1) against (N) does, is a sum over all pairs, and stays what it is to the last places.

import type { Context } from './context.ts'
import { orNull } from './cycle.ts'
import { outputsOf } from './outputs.ts'

export type Permuted = { readonly loss: number; readonly shuffled: readonly number[]; readonly spread: number }

const orders = [1, 2, 3]
/** Relative: ten float32 roundings of a mean over a few hundred pairs. */
const same = 1e-5
/** Of outputs against targets: what a loss could not show above `same` is no evidence. */
const least = 1e-2

/** Null where it cannot be asked, or where the loss does answer. */
export const comparesAll = async (context: Context, frozen: number): Promise<Permuted | null> => {
  if (!context.can('corrupt') || !context.can('suppressUpdates') || !context.can('perSample')) return null
  for (const slot of ['initial', 'trained'] as const) {
    const spread = await spreadAt(context, slot)
    if (spread === null || spread < least) continue
    const loss = await lossAt(context, slot, frozen, null)
    if (loss === null || !Number.isFinite(loss)) return null
    const shuffled: number[] = []
    for (const seed of orders) {
      const other = await lossAt(context, slot, frozen, seed)
      if (other === null || !(Math.abs(other - loss) <= same * Math.abs(loss))) return null
      shuffled.push(other)
    }
    return { loss, shuffled, spread }
  }
  return null
}

/** Deviation of the outputs from sample to sample: of regression against that of the targets, of scores without what all classes share. */
const spreadAt = async (context: Context, slot: 'initial' | 'trained'): Promise<number | null> => {
  const { perSample } = await context.evaluation(slot)
  if (!perSample) return null
  const { values, targets, count, width } = outputsOf(perSample)
  if (context.task.kind === 'regression') return deviation(values) / Math.max(deviation(targets), 1e-12)
  const column = (c: number) =>
    Float64Array.from({ length: count }, (_, row) => {
      const shared = width > 1 ? values.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, 0) / width : 0
      return (values[row * width + c] as number) - shared
    })
  return Math.max(...Array.from({ length: width }, (_, c) => deviation(column(c))))
}

const deviation = (values: ArrayLike<number>): number => {
  let [sum, square] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    sum += values[i] as number
    square += (values[i] as number) ** 2
  }
  return Math.sqrt(Math.max(0, square / values.length - (sum / values.length) ** 2))
}

const lossAt = async (
  context: Context,
  slot: 'initial' | 'trained',
  frozen: number,
  seed: number | null,
): Promise<number | null> => {
  const trial = await context.at(slot)
  const records = await orNull(
    trial.steps({
      steps: 1,
      batch: { frozen },
      updates: 'suppressed',
      regularisation: false,
      corrupt: seed === null ? null : { kind: 'labelsShuffled', seed },
    }),
  )
  return records?.[0]?.loss ?? null
}
