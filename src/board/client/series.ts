// Curves → the columns and styles that uPlot draws, in one order: bands and raw lines below, smoothed ones above, the baseline on top.
// Not the chart itself.
import type uPlot from 'uplot'
import type { Curves } from '../view.ts'
import { faded, type Mark, token } from './colours.ts'

type Column = readonly (number | null)[]

/** A logarithm has no place for what is not above zero. */
const placed = (column: Column, log: boolean): (number | null)[] =>
  column.map((value) => (value !== null && log && value <= 0 ? null : value))

type Part = { readonly column: Column; readonly style: uPlot.Series }
type Layer = { readonly parts: readonly Part[]; readonly band: string | null }

/** Few points are seen as points: a line between two of them tells less. */
const showsPoints = (column: Column): boolean => column.filter((value) => value !== null).length <= 60

const line = (stroke: string, column: Column, more: Partial<uPlot.Series> = {}): Part => ({
  column,
  style: {
    stroke,
    width: 1.5,
    spanGaps: true,
    points: { show: false },
    ...more,
  },
})

const layersOf = (
  { lines, reference }: Curves,
  colourOf: (run: string) => string,
  dashOf: (run: string) => readonly number[],
): Layer[] => {
  const hidden = { width: 0, stroke: 'transparent' }
  const under = lines.flatMap(({ run, min, max }): Layer[] => {
    const colour = colourOf(run)
    if (min === null || max === null) return []
    return [{ parts: [line(colour, min, hidden), line(colour, max, hidden)], band: faded(colour, 0.26) }]
  })
  const raw = lines.map(({ run, last, mean, smooth }): Layer => {
    const colour = smooth === null ? colourOf(run) : faded(colourOf(run), 0.28)
    const column = mean ?? last
    const dash = [...dashOf(run)]
    const points = showsPoints(column) ? { show: true, size: 4, fill: colour, stroke: colour } : { show: false }
    return { parts: [line(colour, column, { dash, points, width: smooth === null ? 1.5 : 1 })], band: null }
  })
  const over = lines.flatMap(({ run, smooth }): Layer[] =>
    smooth === null
      ? []
      : [{ parts: [line(colourOf(run), smooth, { dash: [...dashOf(run)], width: 1.8 })], band: null }],
  )
  const grey = token('--edge')
  const top: Layer[] = []
  if (reference !== null) {
    const { low, high, middle } = reference
    if (low !== null && high !== null)
      top.push({ parts: [line(grey, low, hidden), line(grey, high, hidden)], band: faded(grey, 0.18) })
    const points = { show: middle.filter((v) => v !== null).length === 1, size: 5 }
    top.push({ parts: [line(grey, middle, { dash: [5, 4], width: 1.5, points })], band: null })
  }
  return [...under, ...raw, ...over, ...top]
}

export const seriesOf = (
  curves: Curves,
  marks: ReadonlyMap<string, Mark>,
): { series: uPlot.Series[]; bands: uPlot.Band[] } => {
  const layers = layersOf(
    curves,
    (run) => token(`--s${marks.get(run)?.hue ?? 0}`),
    (run) => marks.get(run)?.dash ?? [],
  )
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  for (const { parts, band } of layers) {
    // uPlot fills from the upper series to the lower one
    if (band !== null) bands.push({ series: [series.length + 1, series.length], fill: band })
    series.push(...parts.map(({ style }) => style))
  }
  return { series, bands }
}

export const dataOf = (curves: Curves, log: boolean): uPlot.AlignedData => [
  [...curves.x],
  ...layersOf(
    curves,
    () => '#000000',
    () => [],
  ).flatMap(({ parts }) => parts.map(({ column }) => placed(column, log))),
]
