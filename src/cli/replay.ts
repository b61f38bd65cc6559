// `gonogo replay RULE --curves FILES`: what a stopping rule would have done to recorded runs.
// Not the counting: replay/ does it; and nothing here stops a run.
import {
  benchmarkSettings,
  type Direction,
  direction as directionSchema,
  type ExitCode,
  exitCodes,
  GonogoError,
} from '../contract/index.ts'
import { constantsOf } from '../decide/index.ts'
import {
  byWorkload,
  comparableOnly,
  gridOf,
  identicalTrials,
  type Judge,
  judgesOf,
  type Outcome,
  outcomeOf,
  type Recorded,
  stopsOf,
  type Trial,
  trialsOf,
  tune,
} from '../replay/index.ts'
import { documentText, type ReplayRow, replayHead, replayTable } from '../report/index.ts'
import { readCurves } from './read-curves.ts'
import type { Terminal } from './terminal.ts'

export type ReplayFlags = {
  readonly curves: readonly string[]
  readonly reference?: string
  readonly seeds?: string
  readonly objective?: string
  readonly direction?: string
  readonly tune?: boolean
}

/** The share of winners that tuning may lose on workloads it has not seen. */
const limit = 0.01

export const replay = async (rule: string, flags: ReplayFlags, terminal: Terminal): Promise<ExitCode> => {
  const constants = constantsOf(benchmarkSettings.parse({}))
  const judges = judgesOf(rule, constants)
  if (flags.curves.length === 0)
    throw new GonogoError('USAGE_CURVES', 'replay needs curves', { try: `gonogo replay ${rule} --curves FILE…` })
  const asked = { objective: flags.objective ?? null, direction: directionOf(flags.direction) }
  const runs = await readCurves(flags.curves, asked)
  const { trials, reference } = trialsFor(runs, flags)
  const same = identicalTrials(runs)
  const look = terminal.look()
  if (trials.length === 0 && same.length === 0)
    throw new GonogoError('CURVES_TOO_FEW', 'there is nothing to compare in these curves', {
      seen: `${runs.length} runs`,
      expected:
        'in a workload, a group with the best runs of five studies, and runs of others; or reruns of one configuration',
      try: '--seeds 3',
    })
  const rows = judges.map(({ words, judge }) => rowOf(words, trials, same, judge))
  const each = judges.map(({ words, judge }) => ({ rule: words, workloads: workloadRows(trials, same, judge) }))
  // several rules by workload are for a machine to read
  const [workloads = []] = each.length === 1 ? each.map((own) => own.workloads) : []
  const head = {
    runs: runs.length,
    workloads: new Set(trials.map((t) => t.workload)).size,
    benchmarks: trials.length,
    reference,
  }
  terminal.result([replayHead(head), '', ...replayTable('RULE', rows, look)])
  const telling = workloads.filter((row) => row.runs > 0 || (row.falseStops?.stops ?? 0) > 0)
  if (telling.length > 0) terminal.result(['', ...replayTable('WORKLOAD', telling, look)])
  const tuned = flags.tune === true ? tunedOf(runs, trials, constants, terminal) : null
  const rules = rows.map((row, i) => ({ ...row, workloads: each[i]?.workloads }))
  terminal.document(documentText({ ...head, rules, workloads, tuned }))
  return exitCodes.done
}

const directionOf = (typed: string | undefined): Direction | null => {
  if (typed === undefined) return null
  const parsed = directionSchema.safeParse(typed)
  if (parsed.success) return parsed.data
  throw new GonogoError('USAGE_DIRECTION', '--direction says which way is better', {
    seen: typed,
    expected: 'min or max',
  })
}

const seedsOf = (typed: string | undefined): number => {
  if (typed === undefined) return 5
  if (/^[2-9]\d?$/.test(typed)) return Number(typed)
  throw new GonogoError('USAGE_SEEDS', '--seeds takes a number of studies from 2', { seen: typed })
}

/** A group called `baseline` is the reference where there is one; otherwise every group in turn. */
const trialsFor = (runs: readonly Recorded[], flags: ReplayFlags) => {
  const seeds = seedsOf(flags.seeds)
  const groups = new Set(runs.map(({ group }) => group))
  const named = flags.reference ?? (groups.has('baseline') ? 'baseline' : 'each')
  if (named !== 'each' && !groups.has(named))
    throw new GonogoError('CURVES_REFERENCE', 'no group of these curves has this name', {
      seen: named,
      expected: `${[...groups].slice(0, 12).join(', ')}, or each`,
    })
  const trials = trialsOf(runs, { reference: named === 'each' ? null : named, seeds })
  return { trials, reference: named === 'each' ? 'every group in turn' : named }
}

const rowFrom = (name: string, outcome: Outcome, falseStops: ReplayRow['falseStops']): ReplayRow => ({
  name,
  ...outcome,
  falseStops,
})

const rowOf = (name: string, trials: readonly Trial[], same: readonly Trial[], judge: Judge): ReplayRow => {
  const outcome = outcomeOf(trials, stopsOf(trials, judge))
  return rowFrom(name, outcome, same.length === 0 ? null : falseOf(outcomeOf(same, stopsOf(same, judge))))
}

const falseOf = (reruns: Outcome | undefined): ReplayRow['falseStops'] =>
  reruns === undefined ? null : { stops: reruns.stops, runs: reruns.runs }

/** Workloads of which there are only reruns of one configuration are there for their false stops. */
const workloadRows = (trials: readonly Trial[], same: readonly Trial[], judge: Judge): ReplayRow[] => {
  const saved = byWorkload(trials, stopsOf(trials, judge))
  const reruns = byWorkload(same, stopsOf(same, judge))
  return [...new Set([...saved.keys(), ...reruns.keys()])].map((name) =>
    rowFrom(name, saved.get(name) ?? outcomeOf([], new Map()), falseOf(reruns.get(name))),
  )
}

const tunedOf = (
  runs: readonly Recorded[],
  judged: readonly Trial[],
  constants: ReturnType<typeof constantsOf>,
  terminal: Terminal,
) => {
  const families = new Set(judged.map(({ family }) => family))
  if (families.size < 3)
    throw new GonogoError('CURVES_FAMILIES', 'tuning holds out families of workloads, one in another', {
      seen: [...families].join(', '),
      expected: 'three families at least',
    })
  const every = trialsOf(runs, { reference: null })
  const seen = comparableOnly([...every, ...judged])
  const tuned = tune({ seen, judged, grid: gridOf(constants), limit })
  const rows = tuned.folds.map(({ family, outcome }) => rowFrom(`${family} held out`, outcome, null))
  terminal.result([
    '',
    ...replayTable('TUNED ON THE OTHERS', [...rows, rowFrom('all held out', tuned.heldOut, null)], terminal.look()),
    '',
    'next time, tuned on all of them (no figure: it has seen everything):',
    `  stop.benchmark: ${JSON.stringify(settingsOf(tuned.constants))}`,
  ])
  return tuned
}

const settingsOf = (c: ReturnType<typeof constantsOf>) => ({
  z: c.z,
  lag: c.lag,
  pace: c.pace,
  remaining: c.remaining,
  short: c.short,
  swing: c.swing,
  warm_up: c.warmUp,
  hold: c.hold,
})
