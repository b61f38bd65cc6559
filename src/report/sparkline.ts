// A curve in one line of text.
// Not a chart: no axes; the numbers that matter stand beside it.

const levels = '▁▂▃▄▅▆▇█'

/** One mark a value; thinned evenly, first and last kept, to fit `cells`. A value that is not finite is a cross. */
export const sparkline = (values: readonly number[], cells = 40): string => {
  const room = Math.max(2, cells)
  const shown =
    values.length <= room
      ? values
      : Array.from({ length: room }, (_, i) => values[Math.round((i * (values.length - 1)) / (room - 1))] ?? Number.NaN)
  const finite = shown.filter((v) => Number.isFinite(v))
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low
  return shown
    .map((v) => {
      if (!Number.isFinite(v)) return '×'
      // A flat curve stands in the middle: neither low nor high.
      const level = span === 0 ? 3 : Math.min(7, Math.floor(((v - low) / span) * 8))
      return levels[level]
    })
    .join('')
}
