// One chart: a metric of the chosen runs, raw under smoothed, spikes as a band, NaN marked, the baseline dashed on top.
// Not the question asked of the server; it draws what came.
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { duration, measure, none, rate } from '../../report/numbers.ts'
import type { Curves, Line } from '../view.ts'
import { type Mark, token } from './colours.ts'
import { dataOf, seriesOf } from './series.ts'
import { Swatch } from './words.tsx'

export type Zoom = { readonly from: number; readonly to: number } | null

type Props = {
  readonly curves: Curves
  readonly marks: ReadonlyMap<string, Mark>
  readonly log: boolean
  readonly zoom: Zoom
  readonly setZoom: (zoom: Zoom) => void
  /** Changes with the theme: colours are read anew. */
  readonly theme: string
  readonly width: number
}

export const chartHeight = 180

const axisWord = (axis: Curves['axis'], value: number): string =>
  axis === 'time' ? duration(value) : `step ${Math.round(value).toLocaleString('en-US')}`

const valueWord = (metric: string, value: number): string => (metric === 'learning_rate' ? rate(value) : measure(value))

/** Small ✕ at the foot of the chart where a value was no number. */
const drawOdd = (plot: uPlot, { lines }: Curves) => {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = token('--no-go')
  ctx.fillStyle = token('--no-go')
  ctx.lineWidth = 1.5 * ratio
  ctx.font = `${11 * ratio}px system-ui, sans-serif`
  const foot = bbox.top + bbox.height - 7 * ratio
  let named = false
  for (const { odd } of lines)
    for (const [x, what, count] of odd) {
      const at = plot.valToPos(x, 'x', true)
      if (at < bbox.left || at > bbox.left + bbox.width) continue
      const arm = 3.5 * ratio
      ctx.beginPath()
      ctx.moveTo(at - arm, foot - arm)
      ctx.lineTo(at + arm, foot + arm)
      ctx.moveTo(at + arm, foot - arm)
      ctx.lineTo(at - arm, foot + arm)
      ctx.stroke()
      if (named) continue
      named = true
      const word = what === 'NaN' ? 'NaN' : what === 'Infinity' ? '∞' : '−∞'
      const isFar = at > bbox.left + 0.8 * bbox.width
      ctx.textAlign = isFar ? 'right' : 'left'
      ctx.fillText(count > 1 ? `${word} ×${count}` : word, at + (isFar ? -8 : 8) * ratio, foot + 4 * ratio)
    }
  ctx.restore()
}

const optionsOf = (
  { log, theme: _, width }: Pick<Props, 'log' | 'theme' | 'width'>,
  live: { current: Props },
  cursorAt: (index: number | null) => void,
): uPlot.Options => {
  const { curves, marks } = live.current
  const [muted, hair] = [token('--muted'), token('--hair')]
  const axis = {
    stroke: muted,
    grid: { stroke: hair, width: 1 / devicePixelRatio },
    ticks: { stroke: hair, width: 1 / devicePixelRatio, size: 4 },
    font: '11px system-ui, sans-serif',
  }
  const { series, bands } = seriesOf(curves, marks)
  return {
    width,
    height: chartHeight,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: 'board', scales: ['x', null] },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      bind: {
        dblclick: () => () => {
          live.current.setZoom(null)
          return null
        },
      },
    },
    scales: {
      x: {
        time: false,
        range: (_plot, low, high) => {
          const { zoom } = live.current
          if (zoom !== null) return [zoom.from, zoom.to]
          return low === high ? [low - 1, high + 1] : [low, high]
        },
      },
      y: log ? { distr: 3 } : {},
    },
    axes: [
      {
        ...axis,
        size: 28,
        gap: 2,
        space: 64,
        values: (_plot, splits) =>
          splits.map((v) =>
            live.current.curves.axis === 'time' ? duration(v) : Math.abs(v) >= 1e4 ? `${v / 1000}k` : String(v),
          ),
      },
      {
        ...axis,
        ...(log
          ? { filter: powers, grid: { ...axis.grid, filter: powers }, ticks: { ...axis.ticks, filter: powers } }
          : {}),
        size: 56,
        gap: 4,
        space: 28,
        values: (_plot, splits) => splits.map((v) => (v == null ? '' : tick(v))),
      },
    ],
    series,
    bands,
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select
          if (wide < 4) return
          const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + wide, 'x')]
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          live.current.setZoom({ from, to })
        },
      ],
      setCursor: [(plot) => cursorAt(plot.cursor.idx ?? null)],
      draw: [(plot) => drawOdd(plot, live.current.curves)],
    },
  }
}

/** As few digits as tell one tick from the next. */
const tick = (value: number): string => {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e5) return value.toExponential(0).replace('e+', 'e')
  return String(Number(value.toPrecision(4)))
}

/** Of a logarithmic axis, the powers of ten alone, where there are two of them. */
const powers = (_plot: uPlot, splits: number[]): (number | null)[] => {
  const isPower = (value: number) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6
  return splits.filter(isPower).length < 2 ? splits : splits.map((value) => (isPower(value) ? value : null))
}

/** What must be made anew when it changes; everything else is data. */
const shapeOf = ({ curves, log, theme }: Props): string =>
  JSON.stringify([
    curves.metric,
    curves.axis,
    log,
    theme,
    curves.lines.map(({ run, mean, smooth, last }) => [run, mean !== null, smooth !== null, last.length <= 60]),
    curves.reference?.name,
    curves.reference?.low === null,
  ])

/** What stood at the cursor, or at the end of the line, where that was no number. */
const oddAt = ({ x }: Curves, odd: Line['odd'], index: number | null, place: number): string | null => {
  if (index === null) {
    const latest = odd.at(-1)
    return latest !== undefined && latest[0] >= (x[place] ?? Number.NEGATIVE_INFINITY) ? latest[1] : null
  }
  return odd.find(([at]) => at === x[index])?.[1] ?? null
}

export const Chart = (props: Props) => {
  const { curves, marks, width } = props
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const live = useRef(props)
  live.current = props
  const [index, setIndex] = useState<number | null>(null)
  const shape = shapeOf(props)

  useEffect(() => {
    if (box.current === null) return
    const made = new uPlot(
      optionsOf(live.current, live, setIndex),
      dataOf(live.current.curves, live.current.log),
      box.current,
    )
    plot.current = made
    return () => {
      made.destroy()
      plot.current = null
    }
  }, [shape])
  useEffect(() => plot.current?.setSize({ width, height: chartHeight }), [width])
  useEffect(() => plot.current?.setData(dataOf(curves, props.log)), [curves, props.log, props.zoom])

  const at = index === null ? undefined : curves.x[index]
  const isEmpty = curves.x.length === 0
  return (
    <figure class="chart">
      <figcaption>
        <b>{curves.metric}</b>
        <span class="muted at">
          {at === undefined ? (curves.bucket === null ? '' : bucketWord(curves)) : axisWord(curves.axis, at)}
        </span>
        {curves.reference === null ? null : (
          <span
            class="muted reference"
            title={curves.reference.seeds > 1 ? 'mean and one standard deviation of its seeds' : ''}
          >
            ┄ {curves.reference.name}
          </span>
        )}
      </figcaption>
      <div ref={box} class="plot" />
      {isEmpty ? <p class="muted empty">nothing recorded here</p> : null}
      <div class="values">
        {curves.lines.map(({ run, last, mean, smooth, odd }) => {
          const place = index ?? last.findLastIndex((v) => v !== null)
          const raw = (mean ?? last)[place] ?? null
          const smoothed = smooth?.[place] ?? null
          const lost = oddAt(curves, odd, index, place)
          return (
            <span key={run} title={run}>
              <Swatch hue={marks.get(run)?.hue ?? 0} />
              {lost !== null ? (
                <b class="no-go">{lost}</b>
              ) : raw === null ? (
                none
              ) : (
                valueWord(curves.metric, smoothed ?? raw)
              )}
              {lost !== null || smoothed === null || raw === null ? null : (
                <span class="muted"> {valueWord(curves.metric, raw)}</span>
              )}
            </span>
          )
        })}
      </div>
    </figure>
  )
}

const bucketWord = ({ bucket, axis }: Curves): string =>
  bucket === null
    ? ''
    : axis === 'time'
      ? `${bucket.toPrecision(2)} s a point`
      : `${Math.max(1, Math.round(bucket))} steps a point`
