// Which rows are shown and in what order.
// Not what a row says: the server made that.
import type { Row } from '../view.ts'
import type { SortKey, View } from './address.ts'

const textOf = ({ run, state, seed, objective, word, poll }: Row): string =>
  [run, state, `seed:${seed ?? ''}`, objective?.name, word, poll?.verdict].join(' ').toLowerCase()

/** Every word of the query stands somewhere in the row. */
export const matching = (rows: readonly Row[], query: string): Row[] => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    const text = textOf(row)
    return words.every((word) => text.includes(word))
  })
}

const states: readonly Row['state'][] = ['running', 'done', 'stopped', 'interrupted', 'crashed', 'no-go', 'unreadable']

const countOf = (row: Row, status: string): number => row.poll?.counts.find(([name]) => name === status)?.[1] ?? 0

type Rank = number | string | null

const ranks: Record<SortKey, (row: Row) => Rank> = {
  created: (row) => row.created,
  run: (row) => row.run,
  state: (row) => states.indexOf(row.state),
  seed: (row) => row.seed,
  progress: (row) => (row.steps === null || row.steps === 0 ? null : row.step / row.steps),
  best: (row) => row.objective?.best ?? null,
  last: (row) => row.objective?.last ?? null,
  delta: (row) => (row.against?.kind === 'measured' ? row.against.delta : null),
  poll: (row) => (row.poll === null ? null : 1000 * countOf(row, 'NO-GO') + countOf(row, 'WARN')),
}

const compare = (a: Rank, b: Rank): number => {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en', { numeric: true })
  return Number(a) - Number(b)
}

/** Rows without a value come last, whichever way; equal ones by name. */
export const ordered = (rows: readonly Row[], { key, down }: View['sort']): Row[] => {
  const rank = ranks[key]
  return rows.toSorted((a, b) => {
    const [ra, rb] = [rank(a), rank(b)]
    if (ra === null || rb === null) return Number(ra === null) - Number(rb === null) || compare(a.run, b.run)
    return (down ? -1 : 1) * compare(ra, rb) || compare(a.run, b.run)
  })
}
