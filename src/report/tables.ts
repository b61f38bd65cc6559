// The table of runs.
// Not the index: record/ finds the runs and their state, this prints rows.
import { nextLines } from './lines.ts'
import type { Look } from './look.ts'
import { measure, none } from './numbers.ts'
import { cut, padEnd, printable, width } from './text.ts'

export type RunState = 'running' | 'done' | 'stopped' | 'interrupted' | 'crashed' | 'no-go' | 'unreadable'

export type RunRow = {
  readonly run: string
  readonly state: RunState
  /** `2/3`, epochs done of epochs planned; null before the first. */
  readonly at: string | null
  readonly objective: string | null
  readonly value: number | null
  /** Why it ended, or what to type. */
  readonly why: string
}

const marks: Record<RunState, string> = {
  running: '●',
  done: '✓',
  stopped: '■',
  interrupted: '■',
  crashed: '!',
  'no-go': '✕',
  unreadable: '!',
}

const paintOf = (state: RunState, { colour }: Look) => {
  if (state === 'done') return colour.go
  if (state === 'no-go' || state === 'crashed' || state === 'unreadable') return colour.noGo
  return state === 'running' ? colour.accent : colour.warn
}

/** Rows under their heads, columns as wide as their widest cell, the last one cut to the terminal. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[], look: Look): string[][] => {
  const all = [heads, ...rows].map((row) => row.map(printable))
  const widths = heads.map((_, i) => Math.max(...all.map((row) => width(row[i] ?? ''))))
  return all.map((row) =>
    row.map((cell, i) => {
      if (i < heads.length - 1) return padEnd(cell, widths[i] ?? 0)
      const before = widths.slice(0, -1).reduce((sum, w) => sum + w + 2, 0)
      return cut(cell, Math.max(10, look.columns - before))
    }),
  )
}

/** The newest first, as given. One objective is named in the head; several are named in the cells. */
export const runsTable = (rows: readonly RunRow[], look: Look): string[] => {
  if (rows.length === 0) return ['no runs yet', ...nextLines(['gonogo train FILE'], look)]
  const objectives = new Set(rows.map((row) => row.objective).filter((name) => name !== null))
  const [only] = objectives.size === 1 ? objectives : []
  const value = (row: RunRow) => {
    if (row.value === null) return none
    return only === undefined ? `${measure(row.value)} ${row.objective ?? ''}` : measure(row.value)
  }
  const [head = [], ...body] = table(
    ['RUN', 'STATE', 'AT', only ?? 'BEST', 'WHY'],
    rows.map((row) => [row.run, `${marks[row.state]} ${row.state}`, row.at ?? none, value(row), row.why]),
    look,
  )
  return [
    look.colour.muted(head.join('  ').trimEnd()),
    ...body.map((cells, i) => {
      const row = rows[i]
      const [run = '', state = '', ...rest] = cells
      return [run, row ? paintOf(row.state, look)(state) : state, ...rest].join('  ').trimEnd()
    }),
  ]
}
