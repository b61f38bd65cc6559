// The slope of points that lie about a line, with outliers among them. Pure.
// No judgement: what a slope means is each check's own.

/** Theil and Sen: the median of the slopes of all pairs. Points are [x, y]; NaN where no two differ in x. */
export const theilSen = (points: readonly (readonly [number, number])[]): number => {
  const slopes: number[] = []
  for (const [i, [x0, y0]] of points.entries())
    for (const [x1, y1] of points.slice(i + 1)) if (x1 !== x0) slopes.push((y1 - y0) / (x1 - x0))
  return median(slopes)
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  const upper = sorted[Math.floor(middle)] as number
  return Number.isInteger(middle) ? ((sorted[middle - 1] as number) + upper) / 2 : upper
}
