// Fits the benchmark rule's constants to recorded runs, one family of workloads held out at a time, and says what they did there.
// Never a figure from the data that was tuned on: each family is judged by constants that have not seen it.
import type { BenchmarkConstants } from '../decide/index.ts'
import type { Candidate, Trial } from './cases.ts'
import { type Path, pathOf, stopOn } from './judge-benchmark.ts'
import { type Outcome, outcomeOf, type Stops } from './outcome.ts'

export type Fold = {
  /** The family that was held out. */
  readonly family: string
  readonly constants: BenchmarkConstants
  /** Share of winners that the constants were allowed to lose on the other families, chosen on those. */
  readonly allowed: number
  readonly outcome: Outcome
}

export type Tuned = {
  readonly folds: readonly Fold[]
  /** All held-out families together. */
  readonly heldOut: Outcome
  /** Chosen on everything: what one would use next. It has no figure. */
  readonly constants: BenchmarkConstants
}

/** What each constant may be, loosest first. Few enough to be tried on thousands of runs, each with a meaning: docs/stopping.md. */
const axes = {
  pace: [1.25, 1.5, 2, 3],
  remaining: [0.5, 0.75, 1],
  from: [0.3, 0.4, 0.5],
  swing: [1, 0.5, 0.3],
  warmUp: [0.1, 0.15, 0.2],
  hold: [0.03, 0.05, 0.1],
}
type Axes = { readonly [K in keyof typeof axes]: readonly number[] }

export type Grid = {
  readonly settings: readonly BenchmarkConstants[]
  /** By setting: those that are one notch looser in one constant; null at the loose edge, where they are not known. */
  readonly looser: readonly (readonly number[] | null)[]
}

/** All combinations of `among`. `pace` is asked of a run that is behind and of one that falls short alike. */
export const gridOf = (start: BenchmarkConstants, among: Axes = axes): Grid => {
  const lists = [among.pace, among.remaining, among.from, among.swing, among.warmUp, among.hold]
  const points = lists.reduce<readonly (readonly number[])[]>(
    (sofar, list) => sofar.flatMap((point) => list.map((_, i) => [...point, i])),
    [[]],
  )
  const places = new Map(points.map((point, i) => [point.join(), i]))
  return {
    settings: points.map((point) => {
      const [pace, remaining, from, swing, warmUp, fraction] = point.map((at, axis) => lists[axis]![at]!) as Six
      return { ...start, pace, remaining, short: { from, pace }, swing, warmUp, hold: { ...start.hold, fraction } }
    }),
    looser: points.map((point) => {
      const free = point.flatMap((_, axis) => (lists[axis]!.length > 1 ? [axis] : []))
      const next = free.map((axis) => places.get(point.with(axis, point[axis]! - 1).join()))
      return next.every((at) => at !== undefined) ? next : null
    }),
  }
}
type Six = [number, number, number, number, number, number]

type Pair = { readonly trial: Trial; readonly candidate: Candidate; readonly path: Path }
type Tally = { saved: number; compute: number; winners: number; killed: number }
/** Of one setting: family → what it did there. */
type Tallies = ReadonlyMap<string, Tally>

const pairsOf = (trials: readonly Trial[]): Pair[] =>
  trials.flatMap((trial) => trial.candidates.map((candidate) => ({ trial, candidate, path: pathOf(trial, candidate) })))

const talliesOf = (pairs: readonly Pair[], c: BenchmarkConstants): Tallies => {
  const tallies = new Map<string, Tally>()
  for (const { trial, candidate, path } of pairs) {
    const tally = tallies.get(trial.family) ?? { saved: 0, compute: 0, winners: 0, killed: 0 }
    tallies.set(trial.family, tally)
    const { end } = candidate.run
    const at = stopOn(trial, path, c)
    const stopped = at !== null && at < end - 1e-9
    tally.compute += end
    tally.saved += stopped ? end - at : 0
    tally.winners += candidate.winner ? 1 : 0
    tally.killed += candidate.winner && stopped ? 1 : 0
  }
  return tallies
}

type Tried = { readonly grid: Grid; readonly tallies: readonly Tallies[] }

/** What each setting did to the runs that are seen. Takes a minute on thousands of runs, and is asked again with other limits. */
const triedOn = (seen: readonly Trial[], settings: readonly BenchmarkConstants[]): readonly Tallies[] => {
  const before = kept.get(settings)
  if (before?.seen === seen) return before.tallies
  const pairs = pairsOf(seen)
  const tallies = settings.map((constants) => talliesOf(pairs, constants))
  kept.set(settings, { seen, tallies })
  return tallies
}
const kept = new WeakMap<readonly BenchmarkConstants[], { seen: readonly Trial[]; tallies: readonly Tallies[] }>()

const over = (tallies: Tallies, families: readonly string[]): Tally =>
  families.reduce(
    (sum, family) => {
      const t = tallies.get(family)
      return t === undefined
        ? sum
        : {
            saved: sum.saved + t.saved,
            compute: sum.compute + t.compute,
            winners: sum.winners + t.winners,
            killed: sum.killed + t.killed,
          }
    },
    { saved: 0, compute: 0, winners: 0, killed: 0 },
  )

/**
 * The setting that saves most on `families` and kills no more than `allowed` of their winners, nor would if one of its constants
 * were a notch looser: three families are few, and a setting that only just does on them will not on a fourth. Null where none does.
 */
const choose = (all: Tried, families: readonly string[], allowed: number): number | null => {
  const sums = all.tallies.map((tallies) => over(tallies, families))
  const bears = (i: number) => sums[i]!.killed <= allowed * sums[i]!.winners
  let best: { readonly index: number; readonly saved: number } | null = null
  for (const [index, { saved, compute }] of sums.entries()) {
    const looser = all.grid.looser[index]
    if (!bears(index) || looser === null || !looser!.every(bears)) continue
    if (best === null || saved / compute > best.saved) best = { index, saved: saved / compute }
  }
  return best?.index ?? null
}

/** Shares that may be allowed on the families that are seen, strictest first. */
const allowances = [0, 0.001, 0.0025, 0.005, 0.01] as const

/**
 * The largest allowance whose choice kills no more than `limit` of the winners of a family it has not seen, each of
 * `families` held out in turn. What is lost on unseen families is more than on seen ones; this is by how much.
 */
const allowanceFor = (all: Tried, families: readonly string[], limit: number): number => {
  let largest: number = allowances[0]
  for (const allowed of allowances) {
    let [winners, killed] = [0, 0]
    for (const family of families) {
      const index = choose(all, without(families, family), allowed)
      const t = index === null ? undefined : all.tallies[index]?.get(family)
      winners += t?.winners ?? 0
      killed += t?.killed ?? 0
    }
    if (killed <= limit * winners) largest = allowed
  }
  return largest
}

const without = (families: readonly string[], family: string): string[] => families.filter((name) => name !== family)

/** `limit`: share of winners that may be lost on families that were not tuned on. */
export const tune = (o: {
  readonly seen: readonly Trial[]
  /** What the held-out family is judged by; `seen` where it is the same. */
  readonly judged: readonly Trial[]
  readonly grid: Grid
  readonly limit: number
}): Tuned => {
  const { settings } = o.grid
  const all: Tried = { grid: o.grid, tallies: triedOn(o.seen, settings) }
  const families = [...new Set(o.seen.map(({ family }) => family))]
  const strictest = settings.at(-1)!
  const pick = (seen: readonly string[]) => {
    const allowed = allowanceFor(all, seen, o.limit)
    const index = choose(all, seen, allowed)
    return { allowed, constants: index === null ? strictest : settings[index]! }
  }
  const stops = new Map<Trial, ReadonlyMap<Candidate, number>>()
  const folds = families.map((family): Fold => {
    const chosen = pick(without(families, family))
    const own = o.judged.filter((trial) => trial.family === family)
    const mine: Stops = new Map(own.map((trial) => [trial, stopsOn(trial, chosen.constants)]))
    for (const [trial, at] of mine) stops.set(trial, at)
    return { family, ...chosen, outcome: outcomeOf(own, mine) }
  })
  return { folds, heldOut: outcomeOf(o.judged, stops), constants: pick(families).constants }
}

const stopsOn = (trial: Trial, constants: BenchmarkConstants): ReadonlyMap<Candidate, number> =>
  new Map(
    trial.candidates.flatMap((candidate) => {
      const at = stopOn(trial, pathOf(trial, candidate), constants)
      return at === null || at >= candidate.run.end - 1e-9 ? [] : [[candidate, at] as const]
    }),
  )
