// The table of runs: sorted, searched, and only the rows that can be seen are in the page.
// Not their wording: words.tsx.
import { useEffect, useRef, useState } from 'preact/hooks'
import { measure, none } from '../../report/numbers.ts'
import type { Row } from '../view.ts'
import type { SortKey, View } from './address.ts'
import { hueOf } from './colours.ts'
import { Delta, Poll, Progress, Spark, State, Swatch } from './words.tsx'

const rowHeight = 28
/** Rows above and below what is seen, so that a fast scroll shows no gap. */
const margin = 12

const when = (created: string | null): string => {
  if (created === null) return none
  const at = new Date(created)
  const two = (n: number) => String(n).padStart(2, '0')
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`
  return new Date().toDateString() === at.toDateString()
    ? clock
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`
}

const value = (number: number | null | undefined): string => (number == null ? none : measure(number))

type Column = {
  readonly key: SortKey | null
  readonly head: string
  readonly class: string
  readonly cell: (row: Row) => preact.ComponentChildren
}

const columns = (objective: string | null): readonly Column[] => [
  { key: 'state', head: 'state', class: 'c-state', cell: (row) => <State state={row.state} why={row.why} /> },
  { key: 'progress', head: 'progress', class: 'c-progress', cell: (row) => <Progress row={row} /> },
  {
    key: 'best',
    head: objective === null ? 'best' : `best ${objective}`,
    class: 'num c-best',
    cell: (row) => (
      <>
        {value(row.objective?.best)}
        {objective === null && row.objective !== null ? <span class="muted unit"> {row.objective.name}</span> : null}
      </>
    ),
  },
  { key: 'last', head: 'last', class: 'num c-last', cell: (row) => value(row.objective?.last) },
  { key: 'delta', head: 'Δ baseline', class: 'num c-delta', cell: (row) => <Delta against={row.against} /> },
  { key: null, head: '', class: 'c-spark', cell: (row) => <Spark values={row.spark} /> },
  { key: 'poll', head: 'preflight', class: 'c-poll', cell: (row) => <Poll poll={row.poll} /> },
  { key: 'seed', head: 'seed', class: 'num c-seed', cell: (row) => row.seed ?? none },
  { key: 'created', head: 'started', class: 'num c-created', cell: (row) => when(row.created) },
  {
    key: null,
    head: 'why',
    class: 'c-why',
    cell: (row) => (
      <span title={row.word ?? row.why}>{row.state === 'running' ? (row.word ?? '') : (row.word ?? row.why)}</span>
    ),
  },
]

type Props = {
  readonly rows: readonly Row[]
  readonly view: View
  readonly cursor: number
  readonly sortBy: (key: SortKey) => void
  readonly choose: (run: string) => void
  readonly open: (run: string) => void
}

const useScroll = () => {
  const box = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ top: 0, height: 800 })
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight })
    look()
    const watch = new ResizeObserver(look)
    watch.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      watch.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])
  return { box, seen }
}

export const RunsTable = ({ rows, view, cursor, sortBy, choose, open }: Props) => {
  const { box, seen } = useScroll()
  const names = new Set(rows.flatMap((row) => row.objective?.name ?? []))
  const [only = null] = names.size === 1 ? names : []
  const shown = columns(only)
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - margin)
  const last = Math.min(rows.length, Math.ceil((seen.top + seen.height) / rowHeight) + margin)

  useEffect(() => {
    const element = box.current
    if (element === null || cursor < 0) return
    // below the head, which stays
    const top = cursor * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + 2 * rowHeight - element.clientHeight
  }, [cursor])

  return (
    <div class="scroll" ref={box}>
      <table class="runs">
        <thead>
          <tr>
            <th class="c-choose" aria-label="chosen" />
            <Head column={{ key: 'run', head: 'run', class: 'c-run' }} sort={view.sort} sortBy={sortBy} />
            {shown.map((column) => (
              <Head key={column.class} column={column} sort={view.sort} sortBy={sortBy} />
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 ? <tr class="gap" style={{ height: `${first * rowHeight}px` }} /> : null}
          {rows.slice(first, last).map((row, i) => (
            <tr
              key={row.run}
              class={first + i === cursor ? 'cursor' : ''}
              aria-selected={view.runs.includes(row.run)}
              data-run={row.run}
            >
              <td class="c-choose">
                <input
                  type="checkbox"
                  checked={view.runs.includes(row.run)}
                  aria-label={`choose ${row.run}`}
                  onChange={() => choose(row.run)}
                />
              </td>
              <td class="c-run">
                <button type="button" class="link" onClick={() => open(row.run)} title={row.run}>
                  <Swatch hue={hueOf(row.run)} />
                  {row.run}
                  {view.pinned === row.run ? <span class="pin"> ◆ baseline</span> : null}
                </button>
              </td>
              {shown.map((column) => (
                <td key={column.class} class={column.class}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {last < rows.length ? <tr class="gap" style={{ height: `${(rows.length - last) * rowHeight}px` }} /> : null}
        </tbody>
      </table>
    </div>
  )
}

const Head = ({
  column,
  sort,
  sortBy,
}: {
  readonly column: Pick<Column, 'key' | 'head' | 'class'>
  readonly sort: View['sort']
  readonly sortBy: (key: SortKey) => void
}) => {
  const { key, head } = column
  if (key === null) return <th class={column.class}>{head}</th>
  const isSorted = sort.key === key
  return (
    <th class={column.class} aria-sort={isSorted ? (sort.down ? 'descending' : 'ascending') : 'none'}>
      <button type="button" class="head" onClick={() => sortBy(key)}>
        {head}
        <span aria-hidden="true" class="arrow">
          {isSorted ? (sort.down ? '▾' : '▴') : ''}
        </span>
      </button>
    </th>
  )
}
