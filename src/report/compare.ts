// Two sides over seeds, and a project's baselines, as text.
// Not the statistics: decide/ makes them.
import type { BaselineVersion, Metric } from '../contract/index.ts'
import { worded } from './lines.ts'
import type { Look } from './look.ts'
import { measure, none, plural } from './numbers.ts'
import { table } from './tables.ts'
import { padEnd, width } from './text.ts'

type Side = { readonly mean: number; readonly sd: number | null; readonly n: number }

export type ComparedView = {
  readonly objective: Metric
  readonly names: readonly [string, string]
  readonly a: Side
  readonly b: Side
  readonly difference: number
  readonly interval: readonly [number, number] | null
  readonly method: string
  readonly effect: number | null
  readonly superiority: number
  readonly verdict: 'better' | 'worse' | 'undecided'
  readonly seedsNeeded: number | null
  /** Keys of the config that differ: `config.width: 16 | 32`; null where that is not known. */
  readonly changed: readonly string[] | null
  /** In what the two ask different questions; empty where they may be compared. */
  readonly differs: readonly string[]
}

/** With its sign, as many digits as a metric has. */
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${measure(Math.abs(value))}`

/** `+0.0011, 95% interval +0.0003 to +0.0019 (Welch)`. Positive is better. */
export const differenceWords = ({
  difference,
  interval,
  method,
}: Pick<ComparedView, 'difference' | 'interval' | 'method'>): string =>
  interval === null
    ? `${signed(difference)} better; one seed a side tells no interval`
    : `${signed(difference)} better, 95% interval ${signed(interval[0])} to ${signed(interval[1])} (${method})`

const seeds = ({ mean, sd, n }: Side): string =>
  `${measure(mean)}${sd === null ? '' : ` ± ${measure(sd)}`}   ${plural(n, 'seed')}`

export const comparedLines = (c: ComparedView, look: Look): string[] => {
  const better = c.objective.direction === 'max' ? 'higher is better' : 'lower is better'
  const changed =
    c.changed === null ? '' : c.changed.length === 0 ? '; nothing but seeds differs' : `; ${c.changed.join(', ')}`
  const [a, b] = c.names
  const cells = Math.max(width(a), width(b), 'difference'.length)
  const paint = { better: look.colour.go, worse: look.colour.noGo, undecided: look.colour.warn }[c.verdict]
  const verdict = {
    better: ['BETTER', b],
    worse: ['WORSE', b],
    undecided: ['UNDECIDED', 'these seeds do not tell the two apart'],
  }[c.verdict] as [string, string]
  const more = c.seedsNeeded === null ? '' : `; about ${c.seedsNeeded} seeds a side would, if the difference is real`
  const apart =
    c.differs.length === 0
      ? []
      : worded('WARN', `not comparable: they differ in ${c.differs.join(', ')}`, look, look.colour.warn)
  return [
    `${c.objective.name}, ${better}${changed}`,
    `  ${padEnd(a, cells)}  ${seeds(c.a)}`,
    `  ${padEnd(b, cells)}  ${seeds(c.b)}`,
    `  ${padEnd('difference', cells)}  ${differenceWords(c)}${c.effect === null ? '' : `; g ${c.effect.toFixed(2)}`}; P(${b} beats ${a}) ${c.superiority.toFixed(2)}`,
    ...apart,
    ...worded(verdict[0], `${verdict[1]}${more}`, look, paint),
  ]
}

const meanOf = (values: readonly number[]): number => values.reduce((x, y) => x + y, 0) / values.length

export const baselinesTable = (versions: readonly BaselineVersion[], look: Look): string[] => {
  if (versions.length === 0) return ['no baselines yet', `${look.command} baseline set NAME RUN…`]
  const [head = [], ...body] = table(
    ['BASELINE', 'OBJECTIVE', 'MEAN', 'SEEDS', 'MADE', 'AGAINST'],
    versions.map((v) => [
      `${v.name}@${v.version}`,
      v.comparable.objective.name,
      measure(meanOf(v.seeds.map(({ best }) => best))),
      String(v.seeds.length),
      v.made.slice(0, 10),
      v.against ?? v.reason ?? none,
    ]),
    look,
  )
  return [look.colour.muted(head.join('  ').trimEnd()), ...body.map((row) => row.join('  ').trimEnd())]
}

export const baselineLines = (v: BaselineVersion, look: Look): string[] => [
  `${look.colour.bold(`${v.name}@${v.version}`)}  ${v.comparable.objective.name} ${measure(meanOf(v.seeds.map(({ best }) => best)))}, ${plural(v.seeds.length, 'seed')}, ${v.comparable.steps} steps of ${v.comparable.batchSize}`,
  ...v.seeds.map(({ run, seed, best }) => `  ${run}  seed ${seed}  ${measure(best)}`),
  ...(v.against === null ? [] : worded('against', v.against, look, look.colour.muted)),
  ...(v.reason === null ? [] : worded('reason', v.reason, look, look.colour.muted)),
]
