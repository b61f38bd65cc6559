// Whether two learning-rate schedules are of one kind: their shapes over the budget, each relative to its peak.
// Not a judgement of either: a peak that is tuned, or a warm-up that is a little longer, is the same kind.

/** Points of the budget at which a shape is held: 0, 5%, … 100%. */
export const shapePoints = 21

/** Rates at some steps → rates relative to the peak at even points of the budget; null where nothing is known. */
export const shapeOf = (
  rates: readonly { readonly step: number; readonly rate: number }[],
  steps: number,
): readonly number[] | null => {
  const known = rates.filter(({ rate }) => Number.isFinite(rate)).sort((a, b) => a.step - b.step)
  const peak = Math.max(...known.map(({ rate }) => rate))
  const [first] = known
  if (first === undefined || !(peak > 0)) return null
  return Array.from({ length: shapePoints }, (_, i) => {
    const step = (i * steps) / (shapePoints - 1)
    return (known.findLast((k) => k.step <= step) ?? first).rate / peak
  })
}

/** The steps that {@link shapeOf} looks at. */
export const shapeSteps = (steps: number): number[] => [
  ...new Set(Array.from({ length: shapePoints }, (_, i) => Math.max(1, Math.floor((i * steps) / (shapePoints - 1))))),
]

/** Mean distance of the shapes at which they are of two kinds: linear and cosine are 0.06 apart, constant and cosine 0.5. */
const apart = 0.15

export const schedulesDiffer = (a: readonly number[], b: readonly number[]): boolean =>
  a.reduce((sum, v, i) => sum + Math.abs(v - (b[i] ?? v)), 0) / a.length > apart
