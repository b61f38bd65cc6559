// Whether noise of an evaluation follows the size of its batches: then batch sizes part, and no other sample does. A part of V2.
// Not noise that differs from one evaluation to the next (V1).
import type { Context } from './context.ts'
import { gapOf, outputsOf, sizeOf } from './outputs.ts'
import type { Trial } from './trial.ts'

/**
 * A sample in the second batch, at one place and one batch size, among and after other samples: equal outputs say that noise of a
 * fixed seed, drawn for a whole batch, parts the sizes, and no other sample does.
 */
export const followsSize = async (
  context: Context,
  trial: Trial,
  { samples, other }: { readonly samples: number; readonly other: number },
  output: number,
) => {
  if (!context.can('evaluateAnyOrder') || samples < 4 * other) return false
  const among = async (from: number) => {
    await trial.restore('trained')
    const others = Array.from({ length: 2 * other - 1 }, (_, i) => from + i)
    const ids = [...others.slice(0, other), 0, ...others.slice(other)]
    const { perSample } = await trial.evaluate({ ids, batchSize: other, perSample: true })
    if (!perSample) return null
    const { values, width } = outputsOf(perSample)
    return values.subarray(other * width, (other + 1) * width)
  }
  const [left, right] = [await among(1), await among(2 * other)]
  if (!left || !right || left.length === 0 || left.length !== right.length) return false
  const largest = left.reduce((most, value) => sizeOf(most, value), 1e-6)
  return left.every((value, i) => gapOf(value, right[i] as number) / largest <= output)
}
