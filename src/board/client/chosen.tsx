// The page of one chosen run, or of several over each other: verdicts, curves, then what explains them.
// Not the parts themselves.
import { useEffect, useState } from 'preact/hooks'
import type { Row, Selection } from '../view.ts'
import { toggled, type View } from './address.ts'
import { askSelection } from './api.ts'
import type { Zoom } from './chart.tsx'
import { Charts, Controls } from './charts.tsx'
import { marksOf } from './colours.ts'
import { Details, Differences, Verdict } from './details.tsx'
import { Swatch } from './words.tsx'

type Props = {
  readonly rows: ReadonlyMap<string, Row>
  readonly versions: ReadonlyMap<string, number>
  readonly view: View
  readonly change: (part: Partial<View>) => void
  readonly cursor: number
  readonly theme: string
  readonly zoom: Zoom
  readonly setZoom: (zoom: Zoom) => void
}

export const Chosen = ({ rows, versions, view, change, cursor, theme, zoom, setZoom }: Props) => {
  const [selection, setSelection] = useState<Selection | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const key = view.runs.join('\n')
  const version = [...view.runs, view.pinned ?? ''].map((run) => versions.get(run) ?? 0).join(' ')
  useEffect(() => {
    let over = false
    if (view.runs.length > 0)
      askSelection(view.runs).then(
        (found) => {
          if (over) return
          setSelection(found)
          setFault(null)
        },
        (error: Error) => {
          if (!over) setFault(error.message)
        },
      )
    return () => {
      over = true
    }
  }, [key, version])

  if (view.runs.length === 0)
    return (
      <p class="muted pad">
        No run is chosen: <kbd>x</kbd> chooses one in the table, <kbd>Enter</kbd> draws it.
      </p>
    )
  if (selection === null) return <p class="muted pad">{fault ?? 'reading the journal …'}</p>
  const marks = marksOf(view.runs)
  const drawn = view.runs.filter((run) => !view.hidden.includes(run))
  const isOne = view.runs.length === 1
  const details = selection.details.filter(({ run }) => view.runs.includes(run))
  return (
    <main class="page">
      <ul class={isOne ? 'chosen one' : 'chosen'}>
        {view.runs.map((run, i) => {
          const row = rows.get(run)
          const isHidden = view.hidden.includes(run)
          return (
            <li
              key={run}
              class={`${isHidden ? 'is-hidden' : ''} ${i === cursor && !isOne ? 'cursor' : ''}`}
              data-run={run}
            >
              <button
                type="button"
                class="link name"
                title={isHidden ? 'show' : 'hide'}
                onClick={() => change({ hidden: toggled(view.hidden, run) })}
              >
                <Swatch hue={marks.get(run)?.hue ?? 0} />
                {run}
                {view.pinned === run ? <span class="pin"> ◆ baseline</span> : null}
              </button>
              {row === undefined ? <span class="muted">no such run here</span> : <Verdict row={row} />}
              {isOne ? null : (
                <button
                  type="button"
                  class="link away"
                  aria-label={`leave ${run} out`}
                  onClick={() => change({ runs: toggled(view.runs, run) })}
                >
                  ×
                </button>
              )}
            </li>
          )
        })}
      </ul>
      <Controls view={view} change={change} zoom={zoom} setZoom={setZoom} />
      <Charts
        metrics={selection.metrics}
        runs={drawn}
        view={view}
        marks={marks}
        zoom={zoom}
        setZoom={setZoom}
        theme={theme}
        version={version}
      />
      {isOne ? null : <Differences runs={details.map(({ run }) => run)} differences={selection.differences} />}
      {details.map((detail) => (
        <section key={detail.run} aria-label={detail.run}>
          {isOne ? null : (
            <h2 class="of">
              <Swatch hue={marks.get(detail.run)?.hue ?? 0} />
              {detail.run}
            </h2>
          )}
          <Details row={rows.get(detail.run)} detail={detail} />
        </section>
      ))}
    </main>
  )
}
