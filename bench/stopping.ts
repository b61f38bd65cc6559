// What stopping rules save and kill on real curves, families of workloads held out: ours, those of others, and ways that were tried.
// Not a test: it reads ../shared/data/curves. `--json` prints one document; `--quick` leaves the slow ways out.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { benchmarkSettings, type RunEvent } from '../src/contract/index.ts'
import { benchmark, constantsOf, profileOf } from '../src/decide/index.ts'
import {
  benchmarkJudge,
  byFamily,
  comparableOnly,
  gridOf,
  identicalTrials,
  type Judge,
  judgesOf,
  type Outcome,
  outcomeOf,
  type Recorded,
  readJsonCurves,
  stopsOf,
  type Trial,
  trialsOf,
  tune,
} from '../src/replay/index.ts'
import { median } from './statistics.ts'
import { catchUpOf } from './stopping/catch-up.ts'
import { extrapolation } from './stopping/extrapolation.ts'
import { onTheClock, paceAlone } from './stopping/hardship.ts'
import { hazardOf } from './stopping/hazard.ts'
import { rankJudge } from './stopping/rank.ts'
import { surfaceOf } from './stopping/surface.ts'

const asJson = process.argv.includes('--json')
const quick = process.argv.includes('--quick')
const named = process.argv[process.argv.indexOf('--curves') + 1]
const here = fileURLToPath(new URL('.', import.meta.url))
const folder =
  process.argv.includes('--curves') && named !== undefined ? resolve(named) : join(here, '../../shared/data/curves')

const read = (name: string): Recorded[] => {
  const path = [`${name}.json.gz`, `${name}-dev.json.gz`].map((file) => join(folder, file)).find(existsSync)
  if (path === undefined) throw new Error(`no ${name} curves in ${folder}`)
  return readJsonCurves(JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')), path)
}

const runs = read('algoperf')
/** The experiment: the benchmark is the best trial of each of five studies of the submission `baseline`. */
const pilot = trialsOf(runs, { reference: 'baseline' })
/** A harder one: each submission in turn is the benchmark, other learning-rate schedules and all. */
const every = trialsOf(runs, { reference: null })
/** Of those, what the rule may stop: runs whose learning rate goes the benchmark's way. */
const alike = comparableOnly(every)
const same = [...identicalTrials(read('nanogpt')), ...identicalTrials(runs)]

const constants = constantsOf(benchmarkSettings.parse({}))

type Row = {
  readonly rule: string
  readonly pilot: Outcome
  readonly every: Outcome
  readonly alike: Outcome
  readonly falseStops: number
}
const falseStopsOf = (judge: Judge): number => {
  const { stops, runs: of } = outcomeOf(same, stopsOf(same, judge))
  return stops / of
}
const rowOf = (rule: string, judge: Judge): Row => ({
  rule,
  pilot: outcomeOf(pilot, stopsOf(pilot, judge)),
  every: outcomeOf(every, stopsOf(every, judge)),
  alike: outcomeOf(alike, stopsOf(alike, judge)),
  falseStops: falseStopsOf(judge),
})

const families = [...new Set(every.map(({ family }) => family))]
const without = (trials: readonly Trial[], family: string) => trials.filter((trial) => trial.family !== family)

/** A rule that is made from the other families, judged on each family: no figure is of data that it has seen. */
const heldOut = (rule: string, make: (others: readonly Trial[]) => Judge): Row => {
  const judges = new Map(families.map((family) => [family, make(without(every, family))]))
  const judge: Judge = (trial, candidate) =>
    (judges.get(trial.family) ?? judges.get(families[0] as string) ?? (() => null))(trial, candidate)
  return rowOf(rule, judge)
}

const percent = (value: number, digits = 1) => `${(100 * value).toFixed(digits)}%`
const say = (text: string) => {
  if (!asJson) process.stdout.write(`${text}\n`)
}
const words = (o: Outcome) =>
  `${percent(o.saved).padStart(6)}  killed ${percent(o.killedShare).padStart(5)} of ${String(o.winners).padEnd(4)} (${percent(o.interval[0])} to ${percent(o.interval[1])})  clear ${o.clearKilled}/${o.clearWinners}  lost ${o.qualityLost.toFixed(2)} sd`
const sayRow = (row: Row) =>
  say(
    `${row.rule.padEnd(40)} ${words(row.pilot)}  | every group: ${words(row.every)}  | of one kind of schedule: ${words(row.alike)}  | same config ${percent(row.falseStops)}`,
  )

say(`${runs.length} runs; ${families.join(', ')}; reruns of one config: ${same.length}\n`)
say('RULES AS THEY ARE (ours with the constants that ship, which have seen these curves)')
const rows = judgesOf('all', constants).map(({ words: rule, judge }) => rowOf(rule, judge))
for (const row of rows) sayRow(row)

say('\nOURS, EACH FAMILY HELD OUT, CONSTANTS TUNED ON THE OTHERS (allowed loss of winners nested: 1%, 2%, 5%)')
const grid = gridOf(constants)
const seen = comparableOnly([...every, ...pilot])
const limits = quick ? [0.01] : [0.01, 0.02, 0.05]
const tuned = limits.map((limit) => {
  const result = tune({ seen, judged: pilot, grid, limit })
  say(`limit ${percent(limit, 0)}: ${words(result.heldOut)}`)
  for (const fold of result.folds) say(`  ${fold.family.padEnd(24)} ${words(fold.outcome)}`)
  return { limit, ...result }
})

const bold = tune({ seen, judged: pilot, grid: { ...grid, looser: grid.settings.map(() => []) }, limit: 0.01 })
say(`limit 1%, no margin: ${words(bold.heldOut)}`)

const harder = quick ? null : tune({ seen, judged: alike, grid, limit: 0.01 })
if (harder !== null) say(`every group, of one kind of schedule, limit 1%: ${words(harder.heldOut)}`)
const hardest = quick ? null : tune({ seen, judged: every, grid, limit: 0.01 })
if (hardest !== null) say(`every group, whatever the schedule, limit 1%: ${words(hardest.heldOut)}`)

say('\nOTHER WAYS THAT WERE TRIED, EACH FAMILY HELD OUT')
const tried: Row[] = []
if (!quick)
  for (const alpha of [0.002, 0.005, 0.01, 0.02]) {
    tried.push(heldOut(`learned hazard, conformal α = ${alpha}`, (others) => hazardOf(others, alpha)))
    sayRow(tried.at(-1) as Row)
  }
for (const [name, make] of [
  ['surface over gap and lag', surfaceOf],
  ['more missing than winners made good', catchUpOf],
  ['pace alone', paceAlone],
] as const)
  for (const alpha of quick ? [0.01] : [0.005, 0.01, 0.02, 0.05]) {
    tried.push(heldOut(`${name}, α = ${alpha}`, (others) => make(comparableOnly(others), alpha)))
    sayRow(tried.at(-1) as Row)
  }
for (const limit of [2, 4, 10]) {
  tried.push(rowOf(`the benchmark's clock, ${limit} times, from 40%`, onTheClock(limit, 0.4)))
  sayRow(tried.at(-1) as Row)
}
for (const margin of [3, 10]) {
  tried.push(rowOf(`power law, ${margin} sd short at the end`, extrapolation(margin)))
  sayRow(tried.at(-1) as Row)
}
for (const share of [0.5, 0.75, 0.9]) {
  tried.push(rowOf(`behind ${percent(share, 0)} of all runs, and the band`, rankJudge(share, 0.2)))
  sayRow(tried.at(-1) as Row)
}

say('\nFRONTIER: OUR RULE, ONE NUMBER CHANGED')
const frontier = [
  ...[1, 1.25, 2, 3, 5].map((pace) => ({ what: `pace ${pace}`, c: { ...constants, pace } })),
  ...[0, 0.25, 0.5, 1, 2].map((remaining) => ({ what: `remaining ${remaining}`, c: { ...constants, remaining } })),
  ...[0.2, 0.3, 1, 1e9].map((swing) => ({ what: `swing ${swing}`, c: { ...constants, swing } })),
  ...[0.2, 0.3, 0.5, 0.6, 1].map((from) => ({
    what: from === 1 ? 'never for falling short' : `short from ${from}`,
    c: { ...constants, short: { ...constants.short, from } },
  })),
  ...[1, 1.25, 2, 3].map((pace) => ({
    what: `short pace ${pace}`,
    c: { ...constants, short: { ...constants.short, pace } },
  })),
  ...[0.1, 0.2, 0.3, 0.5].map((warmUp) => ({ what: `warm-up ${warmUp}`, c: { ...constants, warmUp } })),
  ...[0, 0.03, 0.1].map((fraction) => ({
    what: `hold ${fraction}`,
    c: { ...constants, hold: { evaluations: 2, fraction } },
  })),
  { what: 'lag ramp 0.2 to 0.6', c: { ...constants, lag: { start: 0.2, end: 0.6 } } },
  { what: 'no lag', c: { ...constants, lag: { start: 2, end: 2 } } },
  {
    what: 'band and lag alone (the pilot’s)',
    c: {
      ...constants,
      z: 2,
      lag: { start: 0.2, end: 0.6 },
      pace: 0,
      remaining: 0,
      short: { from: 1, pace: 0 },
      swing: 1e9,
    },
  },
].map(({ what, c }) => rowOf(what, benchmarkJudge(c)))
for (const row of frontier) sayRow(row)

/** One event at a thousand evaluations of history, the worst case: every one of them an improvement. */
const microseconds = (): number => {
  const curves = Array.from({ length: 5 }, (_, s) =>
    Array.from({ length: 1000 }, (_, i) => ({ fraction: (i + 1) / 1000, value: 1 - 2 ** (-i / 100) + s / 100 })),
  )
  const profile = profileOf({ direction: 'max', curves })
  if (profile === null) throw new Error('no profile')
  const objective = { name: 'v', direction: 'max' as const }
  const rule = benchmark({ mode: 'stop', name: 'b', profile, objective, steps: 2000, constants })
  const event = (i: number): RunEvent => ({
    type: 'evaluated',
    step: i,
    epoch: 0,
    metrics: { v: i / 1e4 },
    samples: 1,
    seconds: 0,
  })
  const history = Array.from({ length: 1000 }, (_, i) => event(i + 1))
  const state = history.reduce((s, e) => rule.update(s, e)[0], rule.init)
  const times = Array.from({ length: 2000 }, () => {
    const started = performance.now()
    rule.update(state, event(1001))
    return 1000 * (performance.now() - started)
  })
  return median(times)
}
const decision = microseconds()
say(`\na decision at 1,000 evaluations of history: ${decision.toFixed(1)} µs`)

const ours = rows[0] as Row
const [strict] = tuned
const bars = {
  saved: { bar: '≥ 25%', heldOut: tuned.map(({ limit, heldOut: o }) => ({ limit, saved: o.saved, killed: o.killed })) },
  winnersKilled: { bar: '≤ 1%', seen: strict?.heldOut.killedShare, interval: strict?.heldOut.interval },
  winnersKilledEveryGroup: { bar: '≤ 1%', seen: harder?.heldOut.killedShare, interval: harder?.heldOut.interval },
  clearWinnersKilled: { bar: 0, seen: strict?.heldOut.clearKilled },
  falseStops: { bar: '≤ 2%', seen: ours.falseStops },
  microseconds: { bar: '≤ 50', seen: decision },
}
if (asJson)
  process.stdout.write(
    `${JSON.stringify({ rows, byFamily: Object.fromEntries(byFamily(pilot, stopsOf(pilot, benchmarkJudge(constants)))), tuned, bold, harder, hardest, tried, frontier, bars }, null, 2)}\n`,
  )
