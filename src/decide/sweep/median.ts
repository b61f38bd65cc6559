// The median rule of sweeps: a trial ends where its best so far is worse than the median of those before it at the same share.
// D. Golovin et al., "Google Vizier" (KDD 2017), 3.2.2; here best-so-far stands for the running mean, on both sides.
import type { Direction } from '../../contract/index.ts'
import type { Result } from './timeline.ts'

/** From a share of the run on, the value that a trial must have reached. */
export type Limits = readonly (readonly [share: number, value: number])[]

type Curve = Result['curves'][number]

/** Best so far at a share; null where the curve does not reach it, or has no value. */
const bestAt = (direction: Direction, curve: Curve, share: number): number | null => {
  if ((curve.at(-1)?.[0] ?? 0) < share - 1e-9) return null
  const values = curve.flatMap(([x, value]) => (x <= share + 1e-9 && Number.isFinite(value) ? [value] : []))
  return values.length === 0 ? null : direction === 'min' ? Math.min(...values) : Math.max(...values)
}

const medianOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

type Settings = { readonly direction: Direction; readonly first: number; readonly startup: number }

/** What a trial that begins now is held to. */
export const limitsOf = ({ direction, first, startup }: Settings, seen: readonly Result[]): Limits => {
  const curves = seen.flatMap((result) => result.curves)
  if (seen.length < startup) return []
  const shares = [...new Set(curves.flatMap((curve) => curve.map(([share]) => share)))].sort((a, b) => a - b)
  return shares.flatMap((share) => {
    const values = curves.map((curve) => bestAt(direction, curve, share)).filter((v) => v !== null)
    return share < first || share >= 1 || values.length < startup ? [] : [[share, medianOf(values)] as const]
  })
}

/** The median that a run with this best so far falls short of; null where it does not. */
export const shortOf = (direction: Direction, limits: Limits, share: number, best: number | null): number | null => {
  // shares are quotients of steps: the same evaluation of another length may differ in the last bit
  const limit = limits.findLast(([x]) => x <= share + 1e-9)?.[1]
  if (limit === undefined || share >= 1) return null
  const isWorse = best === null || (direction === 'min' ? best > limit : best < limit)
  return isWorse ? limit : null
}
