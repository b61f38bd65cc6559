// The charts of the chosen runs: objective first; only those that are seen ask the server, and what was drawn stays until more comes.
// Not one chart's drawing.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Curves, MetricView } from '../view.ts'
import type { View } from './address.ts'
import { askCurves } from './api.ts'
import { Chart, chartHeight, type Zoom } from './chart.tsx'
import type { Mark } from './colours.ts'

type Shared = {
  /** Drawn. */
  readonly runs: readonly string[]
  readonly view: View
  readonly marks: ReadonlyMap<string, Mark>
  readonly zoom: Zoom
  readonly setZoom: (zoom: Zoom) => void
  readonly theme: string
  /** Changes when there is more of any of them. */
  readonly version: string
}

/** Whether an element has been near the window, and how wide it is. */
const useSeen = () => {
  const box = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ near: false, width: 0 })
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const size = new ResizeObserver(([entry]) =>
      setSeen((old) => ({ ...old, width: Math.floor(entry?.contentRect.width ?? 0) })),
    )
    size.observe(element)
    const place = new IntersectionObserver(
      (entries) => setSeen((old) => ({ ...old, near: entries.some(({ isIntersecting }) => isIntersecting) })),
      { rootMargin: '200px' },
    )
    place.observe(element)
    return () => {
      size.disconnect()
      place.disconnect()
    }
  }, [])
  return { box, ...seen }
}

const MetricChart = ({ metric, shared }: { readonly metric: MetricView; readonly shared: Shared }) => {
  const { runs, view, zoom, version } = shared
  const { box, near, width } = useSeen()
  const [curves, setCurves] = useState<Curves | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const names = runs.join('\n')
  // an evaluation is already a mean over many samples, and there are few of them; a schedule has no noise
  const smooth = metric.kind === 'training' && metric.name !== 'learning_rate' ? view.smooth : 0
  useEffect(() => {
    if (!near || width === 0) return
    const stop = new AbortController()
    const span = zoom ?? { from: null, to: null }
    const asked = {
      runs,
      metric: metric.name,
      axis: view.axis,
      ...span,
      width: Math.max(50, width - 70),
      smooth,
      pinned: view.pinned,
    }
    askCurves(asked, stop.signal).then(
      (found) => {
        setCurves(found)
        setFault(null)
      },
      (error: Error) => {
        if (!stop.signal.aborted) setFault(error.message)
      },
    )
    return () => stop.abort()
  }, [near, width, names, metric.name, smooth, view.axis, view.pinned, zoom, version])
  return (
    <div ref={box} class={`cell ${metric.kind}`} style={{ minHeight: `${chartHeight + 56}px` }}>
      {curves === null || width === 0 ? (
        <p class="muted">{fault ?? metric.name}</p>
      ) : (
        <Chart
          curves={curves}
          marks={shared.marks}
          log={view.log}
          zoom={zoom}
          setZoom={shared.setZoom}
          theme={shared.theme}
          width={width}
        />
      )}
    </div>
  )
}

export const Charts = ({ metrics, ...shared }: Shared & { readonly metrics: readonly MetricView[] }) => {
  const keys = useMemo(() => metrics.map(({ name, kind }) => ({ name, kind })), [JSON.stringify(metrics)])
  if (keys.length === 0) return <p class="muted pad">No step and no evaluation is recorded yet.</p>
  return (
    <section class="charts" aria-label="Curves">
      {keys.map((metric) => (
        <MetricChart key={metric.name} metric={metric} shared={shared} />
      ))}
    </section>
  )
}

const weights = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99] as const

export const Controls = ({
  view,
  change,
  zoom,
  setZoom,
}: {
  readonly view: View
  readonly change: (part: Partial<View>) => void
  readonly zoom: Zoom
  readonly setZoom: (zoom: Zoom) => void
}) => (
  <div class="controls">
    <label>
      by{' '}
      <select
        value={view.axis}
        onChange={(e) => {
          setZoom(null)
          change({ axis: e.currentTarget.value === 'time' ? 'time' : 'step' })
        }}
      >
        <option value="step">step</option>
        <option value="time">time trained</option>
      </select>
    </label>
    <label title="An exponential moving average over every recorded step; the raw line stays behind it">
      training smoothed{' '}
      <select value={String(view.smooth)} onChange={(e) => change({ smooth: Number(e.currentTarget.value) })}>
        {[...new Set([...weights, view.smooth])]
          .sort((a, b) => a - b)
          .map((weight) => (
            <option key={weight} value={String(weight)}>
              {weight === 0 ? 'not at all' : `EMA ${weight}`}
            </option>
          ))}
      </select>
    </label>
    <label>
      <input type="checkbox" checked={view.log} onChange={(e) => change({ log: e.currentTarget.checked })} /> log y
    </label>
    {zoom === null ? (
      <span class="muted hint">drag to zoom</span>
    ) : (
      <button type="button" onClick={() => setZoom(null)}>
        whole run
      </button>
    )}
  </div>
)
