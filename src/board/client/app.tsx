// The whole page: which part is shown, the view in the address, and the keys.
// Not the parts.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { formatView, parseView, type SortKey, toggled, type View } from './address.ts'
import { Audit } from './audit.tsx'
import type { Zoom } from './chart.tsx'
import { Chosen } from './chosen.tsx'
import { Help } from './help.tsx'
import { matching, ordered } from './order.ts'
import { RunsTable } from './runsTable.tsx'
import { useRuns } from './store.ts'
import { useTheme } from './theme.ts'

type Change = (part: Partial<View> | ((now: View) => Partial<View>)) => void

const useView = (): [View, Change] => {
  const [view, setView] = useState(() => parseView(location.hash))
  useEffect(() => {
    const moved = () => setView(parseView(location.hash))
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  const change: Change = (what) => {
    // the address, not the last drawing, is what a second key in the same moment builds on
    const now = parseView(location.hash)
    const part = typeof what === 'function' ? what(now) : what
    const next = { ...now, ...part }
    // another page can be gone back from; a letter of a search cannot
    if (part.page === undefined) history.replaceState(null, '', formatView(next))
    else history.pushState(null, '', formatView(next))
    setView(next)
  }
  return [view, change]
}

/** A place in a list that a key can read before the page is drawn again. */
const useCursor = (): [{ readonly current: number }, (at: number) => void] => {
  const cursor = useRef(0)
  const [, draw] = useState(0)
  const set = (at: number) => {
    cursor.current = at
    draw(at)
  }
  return [cursor, set]
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement ? target.type !== 'checkbox' : target instanceof HTMLSelectElement

export const App = () => {
  const [view, change] = useView()
  const told = useRuns(view.pinned)
  const theme = useTheme()
  const [cursor, setCursor] = useCursor()
  const [zoom, setZoom] = useState<Zoom>(null)
  const [help, setHelp] = useState(false)
  const search = useRef<HTMLInputElement>(null)

  const shown = useMemo(
    () => ordered(matching([...told.rows.values()], view.query), view.sort),
    [told.rows, view.query, view.sort.key, view.sort.down],
  )
  const names = view.page === 'charts' ? view.runs : shown.map(({ run }) => run)
  const at = Math.min(cursor.current, names.length - 1)

  const go = (page: View['page']) => {
    setZoom(null)
    setCursor(0)
    change({ page })
  }
  const open = (run: string) => {
    setZoom(null)
    setCursor(0)
    change({ page: 'charts', runs: [run], hidden: [] })
  }
  const choose = (run: string) =>
    change((now) => ({ runs: toggled(now.runs, run), hidden: now.hidden.filter((h) => h !== run) }))
  const sortBy = (key: SortKey) => {
    const isSame = view.sort.key === key
    // names from the start, numbers from the largest
    change({ sort: { key, down: isSame ? !view.sort.down : !['run', 'state'].includes(key) } })
  }

  // at once with what is drawn: a key must not meet the page of a moment ago
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const { key } = event
      if (isTyping(event.target)) {
        if (key === 'Escape' || key === 'Enter') (event.target as HTMLElement).blur()
        return
      }
      // a button that has the focus is what Enter presses
      if (key === 'Enter' && event.target instanceof HTMLButtonElement) return
      const here = Math.min(cursor.current, names.length - 1)
      const run = names[here]
      const now = parseView(location.hash)
      const enter = () => {
        if (now.page !== 'runs') return
        if (now.runs.length > 0) go('charts')
        else if (run !== undefined) open(run)
      }
      const back = () => {
        if (zoom !== null) setZoom(null)
        else if (now.page !== 'runs') go('runs')
        else change({ runs: [], hidden: [] })
      }
      const mark = () => {
        if (run !== undefined && now.page === 'runs') choose(run)
        else if (run !== undefined && now.page === 'charts') change({ hidden: toggled(now.hidden, run) })
      }
      const pin = () => {
        if (run !== undefined && now.page !== 'audit') change({ pinned: now.pinned === run ? null : run })
      }
      const does = new Map<string, () => void>([
        ['/', () => (now.page === 'runs' ? search.current?.focus() : go('runs'))],
        ['j', () => setCursor(Math.min(names.length - 1, here + 1))],
        ['k', () => setCursor(Math.max(0, here - 1))],
        ['1', () => go('runs')],
        ['2', () => go('charts')],
        ['3', () => go('audit')],
        ['t', theme.next],
        ['?', () => setHelp((is) => !is)],
        ['Escape', help ? () => {} : back],
        ['Enter', enter],
        ['x', mark],
        ['b', pin],
      ]).get(key)
      if (help && key !== '?') setHelp(false)
      if (does === undefined) return
      event.preventDefault()
      does()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  })

  const tab = (page: View['page'], word: string) => (
    <a
      href={formatView({ ...view, page })}
      aria-current={view.page === page ? 'page' : undefined}
      onClick={(e) => {
        e.preventDefault()
        go(page)
      }}
    >
      {word}
    </a>
  )
  const version = [...told.versions.values()].reduce((sum, n) => sum + n, 0)
  return (
    <div class={`app at-${view.page}`}>
      <header class="top">
        <b class="mark">gonogo</b>
        <nav aria-label="Pages">
          {tab('runs', 'Runs')}
          {tab('charts', view.runs.length > 0 ? `Charts ${view.runs.length}` : 'Charts')}
          {tab('audit', 'Audit')}
        </nav>
        <span class={told.isConnected === false ? 'no-go live' : 'muted live'}>
          {told.isConnected === null ? '○ connecting …' : told.isConnected ? '● live' : '○ not connected'}
        </span>
        <button type="button" onClick={theme.next} title="light, dark, as the system">
          {theme.theme}
        </button>
        <button type="button" onClick={() => setHelp(!help)} aria-label="keys">
          ?
        </button>
      </header>
      {told.fault === null ? null : <p class="no-go pad">{told.fault}</p>}
      {view.page === 'runs' ? (
        <>
          <div class="controls">
            <input
              ref={search}
              type="search"
              value={view.query}
              placeholder="search: name, state, seed:0, what went wrong"
              aria-label="search runs"
              onInput={(e) => {
                setCursor(0)
                change({ query: e.currentTarget.value })
              }}
            />
            <span class="muted">
              {shown.length === told.rows.size
                ? `${shown.length} ${shown.length === 1 ? 'run' : 'runs'}`
                : `${shown.length} of ${told.rows.size}`}
            </span>
            {view.runs.length === 0 ? null : (
              <>
                <button type="button" class="strong" onClick={() => go('charts')}>
                  charts of {view.runs.length}
                </button>
                <button type="button" onClick={() => change({ runs: [], hidden: [] })}>
                  none
                </button>
              </>
            )}
            {view.pinned === null ? null : (
              <button
                type="button"
                onClick={() => change({ pinned: null })}
                title="measure by their own baselines again"
              >
                ◆ {view.pinned} ×
              </button>
            )}
          </div>
          {!told.isLoaded ? (
            <p class="muted pad">reading the journals …</p>
          ) : told.rows.size === 0 ? (
            <p class="muted pad">
              no runs yet: <code>gonogo train FILE</code>
            </p>
          ) : (
            <RunsTable rows={shown} view={view} cursor={at} sortBy={sortBy} choose={choose} open={open} />
          )}
        </>
      ) : view.page === 'charts' ? (
        <Chosen
          rows={told.rows}
          versions={told.versions}
          view={view}
          change={change}
          cursor={at}
          theme={theme.shown}
          zoom={zoom}
          setZoom={setZoom}
        />
      ) : (
        <Audit version={String(version)} open={open} />
      )}
      {help ? <Help close={() => setHelp(false)} /> : null}
    </div>
  )
}
