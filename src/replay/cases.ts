// The experiment that replay makes of recorded curves: a benchmark of several seeds, and each other run on trial against it.
// Not a verdict on any rule: outcome.ts counts. docs/stopping.md defines baseline, winner and what a stop saves.
import { type Profile, profileOf } from '../decide/index.ts'
import { asGood, type Recorded } from './recorded.ts'

/** One benchmark, and the runs that are measured against it. */
export type Trial = {
  readonly family: string
  readonly workload: string
  /** The group whose runs are the benchmark. */
  readonly reference: string
  readonly seeds: readonly Recorded[]
  readonly profile: Profile
  readonly candidates: readonly Candidate[]
  /** Every run of the workload: what rules that compare trials with each other look at. */
  readonly field: readonly Recorded[]
}

export type Candidate = {
  readonly run: Recorded
  /** Its best value is at least the mean of the benchmark's. */
  readonly winner: boolean
  /** Of the benchmark's kind of learning-rate schedule, or nobody says otherwise: the rule may stop it. */
  readonly comparable: boolean
  /** A winner by more than three standard deviations between the benchmark's seeds. */
  readonly clear: boolean
}

const clearBy = 3

const candidateOf = (run: Recorded, { final }: Profile, schedule: string | null): Candidate => {
  const sign = run.direction === 'max' ? 1 : -1
  return {
    run,
    comparable: run.schedule === null || schedule === null || run.schedule === schedule,
    winner: asGood(run.direction, run.final, final.mean),
    clear: final.sd !== null && sign * (run.final - final.mean) > clearBy * final.sd,
  }
}

const trialOf = (
  seeds: readonly Recorded[],
  runs: readonly Recorded[],
  reference: string,
  field: readonly Recorded[],
): Trial | null => {
  const [first] = seeds
  if (first === undefined) return null
  const { direction, family, workload } = first
  const profile = profileOf({ direction, curves: seeds.map(({ curve }) => curve) })
  if (profile === null) return null
  return {
    family,
    workload,
    reference,
    seeds,
    profile,
    candidates: runs.map((run) => candidateOf(run, profile, first.schedule)),
    field,
  }
}

/** The best run of each study: what a group would have shown after tuning, once for each seed of the tuning. */
const bestOfEachStudy = (runs: readonly Recorded[]): Recorded[] =>
  [...Map.groupBy(runs, ({ study }) => study).values()].map((study) =>
    study.reduce((a, b) => (asGood(a.direction, a.final, b.final) ? a : b)),
  )

/**
 * Benchmarks of `seeds` studies at least. `reference`: the group that is the benchmark in each workload; null takes every group
 * in turn, and measures the runs of all others against it.
 */
export const trialsOf = (
  runs: readonly Recorded[],
  o: { readonly reference: string | null; readonly seeds?: number },
): Trial[] =>
  [...Map.groupBy(runs, ({ workload }) => workload).values()].flatMap((workload) =>
    [...Map.groupBy(workload, ({ group }) => group)].flatMap(([group, own]) => {
      if (o.reference !== null && group !== o.reference) return []
      const seeds = bestOfEachStudy(own)
      if (seeds.length < (o.seeds ?? 5)) return []
      // the reference's other runs are candidates too where it is the only one; in turn, a group is not its own rival
      const others = o.reference === null ? workload.filter((run) => run.group !== group) : without(workload, seeds)
      return trialOf(seeds, others, group, workload) ?? []
    }),
  )

/** The pairs that the rule may stop: what it learns from, since elsewhere it only advises. */
export const comparableOnly = (trials: readonly Trial[]): Trial[] =>
  trials.map((trial) => ({ ...trial, candidates: trial.candidates.filter(({ comparable }) => comparable) }))

const without = (runs: readonly Recorded[], taken: readonly Recorded[]): Recorded[] =>
  runs.filter((run) => !taken.includes(run))

/**
 * Reruns of one configuration against each other: each run on trial against up to five of its twins. Every stop is false.
 */
export const identicalTrials = (runs: readonly Recorded[], least = 3): Trial[] =>
  [...Map.groupBy(runs, ({ workload, group, config }) => JSON.stringify([workload, group, config])).values()].flatMap(
    (twins) =>
      twins.length < least
        ? []
        : twins.flatMap((run, i) => {
            const others = Array.from(
              { length: Math.min(5, twins.length - 1) },
              (_, k) => twins[(i + 1 + k) % twins.length]!,
            )
            return trialOf(others, [run], run.group, twins) ?? []
          }),
  )
