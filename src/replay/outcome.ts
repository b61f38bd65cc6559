// What a rule did to recorded runs: compute saved, winners killed with an interval, quality lost. By workload and in all.
// Not the rules: it takes the fraction of the budget at which each run was stopped.
import { indexAt, mean, proportionInterval } from '../decide/index.ts'
import type { Candidate, Trial } from './cases.ts'

/** Where a rule stops a run: the fraction of its budget, null where it lets it end. */
export type Judge = (trial: Trial, candidate: Candidate) => number | null

export type Outcome = {
  /** Pairs of a run and a benchmark. */
  readonly runs: number
  /** Share of the compute of all runs that was not spent. */
  readonly saved: number
  readonly winners: number
  readonly killed: number
  /** Share of winners killed, with its 95% interval over distinct runs: one run against ten benchmarks is one run. */
  readonly killedShare: number
  readonly interval: readonly [number, number]
  readonly clearWinners: number
  readonly clearKilled: number
  /** How much worse the best result of a trial became, in standard deviations between seeds, mean over trials. */
  readonly qualityLost: number
  readonly stops: number
}

export type Stops = ReadonlyMap<Trial, ReadonlyMap<Candidate, number>>

export const stopsOf = (trials: readonly Trial[], judge: Judge): Stops =>
  new Map(
    trials.map((trial) => [
      trial,
      new Map(
        trial.candidates.flatMap((candidate) => {
          const at = judge(trial, candidate)
          // a stop at the very end saves nothing and loses nothing
          return at === null || at >= candidate.run.end - 1e-9 ? [] : [[candidate, at] as const]
        }),
      ),
    ]),
  )

export const outcomeOf = (trials: readonly Trial[], stops: Stops): Outcome => {
  let [compute, saved, runs, winners, killed, clearWinners, clearKilled, count] = [0, 0, 0, 0, 0, 0, 0, 0]
  const winning = new Set<unknown>()
  for (const trial of trials) {
    for (const candidate of trial.candidates) {
      const { run, winner, clear } = candidate
      const at = stops.get(trial)?.get(candidate)
      runs += 1
      compute += run.end
      saved += at === undefined ? 0 : run.end - at
      count += at === undefined ? 0 : 1
      clearWinners += clear ? 1 : 0
      clearKilled += clear && at !== undefined ? 1 : 0
      if (!winner) continue
      winners += 1
      killed += at === undefined ? 0 : 1
      winning.add(run)
    }
  }
  const killedShare = winners > 0 ? killed / winners : 0
  return {
    runs,
    saved: compute > 0 ? saved / compute : 0,
    winners,
    killed,
    killedShare,
    interval: proportionInterval(Math.ceil(killedShare * winning.size - 1e-9), winning.size),
    clearWinners,
    clearKilled,
    qualityLost: qualityLost(trials, stops),
    stops: count,
  }
}

const qualityLost = (trials: readonly Trial[], stops: Stops): number => {
  const losses = trials.flatMap((trial) => {
    const { sd } = trial.profile.final
    if (sd === null || sd === 0 || trial.candidates.length === 0) return []
    const best = (values: readonly number[]) =>
      trial.candidates[0]?.run.direction === 'max' ? Math.max(...values) : Math.min(...values)
    const whole = best(trial.candidates.map(({ run }) => run.final))
    const left = best(trial.candidates.map((c) => valueAtStop(c, stops.get(trial)?.get(c))))
    return [Math.abs(whole - left) / sd]
  })
  return losses.length === 0 ? 0 : mean(losses)
}

const valueAtStop = ({ run }: Candidate, at: number | undefined): number => {
  if (at === undefined) return run.final
  const index = indexAt(
    run.best.map(({ fraction }) => fraction),
    at,
  )
  return run.best[Math.max(0, index)]!.value
}

export const byWorkload = (trials: readonly Trial[], stops: Stops): ReadonlyMap<string, Outcome> =>
  new Map([...Map.groupBy(trials, ({ workload }) => workload)].map(([name, own]) => [name, outcomeOf(own, stops)]))

export const byFamily = (trials: readonly Trial[], stops: Stops): ReadonlyMap<string, Outcome> =>
  new Map([...Map.groupBy(trials, ({ family }) => family)].map(([name, own]) => [name, outcomeOf(own, stops)]))
