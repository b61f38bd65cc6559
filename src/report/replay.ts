// What a stopping rule did to recorded runs, as a table: saved, winners killed with their interval, clear winners, false stops.
// Not the counting: replay/ does it.
import type { Look } from './look.ts'
import { plural } from './numbers.ts'
import { table } from './tables.ts'

/** Of one rule, or of one workload. Shares from 0 to 1. */
export type ReplayRow = {
  readonly name: string
  readonly runs: number
  readonly saved: number
  readonly winners: number
  readonly killed: number
  readonly killedShare: number
  readonly interval: readonly [number, number]
  readonly clearWinners: number
  readonly clearKilled: number
  readonly qualityLost: number
  /** Reruns of one configuration against each other: every stop is false. Null where the curves hold none. */
  readonly falseStops: { readonly stops: number; readonly runs: number } | null
}

const share = (value: number, digits = 1): string => `${(100 * value).toFixed(digits)}%`

const cells = (row: ReplayRow): string[] => [
  row.name,
  String(row.runs),
  row.runs === 0 ? '–' : share(row.saved),
  row.winners === 0 ? '–' : `${share(row.killedShare)} of ${row.winners}`,
  row.winners === 0 ? '–' : `${share(row.interval[0])} to ${share(row.interval[1])}`,
  `${row.clearKilled} of ${row.clearWinners}`,
  row.qualityLost.toFixed(2),
  row.falseStops === null ? '–' : share(row.falseStops.stops / row.falseStops.runs),
]

const heads = ['RUNS', 'SAVED', 'WINNERS KILLED', '95%', 'CLEAR', 'LOST sd', 'FALSE']

export const replayTable = (first: string, rows: readonly ReplayRow[], look: Look): string[] => {
  const [head = [], ...body] = table([first, ...heads], rows.map(cells), look)
  return [look.colour.muted(head.join('  ').trimEnd()), ...body.map((line) => line.join('  ').trimEnd())]
}

export const replayHead = (o: { runs: number; workloads: number; benchmarks: number; reference: string }): string =>
  `${plural(o.runs, 'run')} of ${plural(o.workloads, 'workload')}; ${plural(o.benchmarks, 'benchmark')}: ${o.reference}`
