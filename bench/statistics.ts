// Medians and intervals of a few paired measurements.

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** 95% percentile-bootstrap interval of the median (Efron & Tibshirani 1993, ch. 13), from a fixed seed. */
export const interval = (values: readonly number[], draws = 2000): [number, number] => {
  let state = 0x2545f491
  const random = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const medians = Array.from({ length: draws }, () =>
    median(Array.from(values, () => values[Math.floor(random() * values.length)] as number)),
  ).sort((a, b) => a - b)
  return [medians[Math.floor(0.025 * draws)] as number, medians[Math.floor(0.975 * draws)] as number]
}
