// What the reader looks at, as the part of the address after #: a view can be kept, sent and gone back to.
// Not where data comes from: api.ts asks the server.
import type { AxisKind } from '../view.ts'

export const sortKeys = ['created', 'run', 'state', 'seed', 'progress', 'best', 'last', 'delta', 'poll'] as const
export type SortKey = (typeof sortKeys)[number]

export type View = {
  readonly page: 'runs' | 'charts' | 'audit'
  /** Chosen. */
  readonly runs: readonly string[]
  /** Chosen, and not drawn for now. */
  readonly hidden: readonly string[]
  readonly axis: AxisKind
  /** Weight of the moving average. */
  readonly smooth: number
  readonly log: boolean
  readonly pinned: string | null
  readonly query: string
  readonly sort: { readonly key: SortKey; readonly down: boolean }
}

export const start: View = {
  page: 'runs',
  runs: [],
  hidden: [],
  axis: 'step',
  smooth: 0.9,
  log: false,
  pinned: null,
  query: '',
  sort: { key: 'created', down: true },
}

const pages: ReadonlyMap<string, View['page']> = new Map([
  ['/', 'runs'],
  ['/charts', 'charts'],
  ['/audit', 'audit'],
])

/** Anything that is not understood is as at the start. */
export const parseView = (hash: string): View => {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?', 2)
  const p = new URLSearchParams(search)
  const smooth = Number(p.get('smooth') ?? start.smooth)
  const sort = p.get('sort') ?? ''
  const key = sortKeys.find((each) => each === sort.replace(/^-/, ''))
  return {
    page: pages.get(path) ?? start.page,
    runs: p.getAll('run'),
    hidden: p.getAll('hide'),
    axis: p.get('axis') === 'time' ? 'time' : 'step',
    smooth: smooth >= 0 && smooth < 1 ? smooth : start.smooth,
    log: p.get('log') === '1',
    pinned: p.get('pinned'),
    query: p.get('q') ?? '',
    sort: key === undefined ? start.sort : { key, down: sort.startsWith('-') },
  }
}

/** What is as at the start is left out. */
export const formatView = (view: View): string => {
  const p = new URLSearchParams()
  for (const run of view.runs) p.append('run', run)
  for (const run of view.hidden) p.append('hide', run)
  if (view.axis !== start.axis) p.set('axis', view.axis)
  if (view.smooth !== start.smooth) p.set('smooth', String(view.smooth))
  if (view.log) p.set('log', '1')
  if (view.pinned !== null) p.set('pinned', view.pinned)
  if (view.query !== '') p.set('q', view.query)
  const sort = `${view.sort.down ? '-' : ''}${view.sort.key}`
  if (sort !== '-created') p.set('sort', sort)
  const path = [...pages].find(([, page]) => page === view.page)?.[0] ?? '/'
  const search = p.toString()
  return `#${path}${search === '' ? '' : `?${search}`}`
}

/** With `run` among `list`, or without it where it was. */
export const toggled = (list: readonly string[], run: string): string[] =>
  list.includes(run) ? list.filter((each) => each !== run) : [...list, run]
