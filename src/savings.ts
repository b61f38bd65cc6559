// What NO-GOs and stops have saved a project, what the preflights cost, and how often a stop verdict was wrong.
// Not a promise: each figure stands beside what it is measured against, and what cannot be told is counted apart.
import type { ReasonCode } from './contract/index.ts'
import { mean, proportionInterval } from './decide/index.ts'
import { bestOf, isFinished, type PastRun } from './past.ts'

export type Amount = {
  readonly seconds: number
  /** In the currency of `cost` in stop.budget or budget; null where no run tells a price. */
  readonly money: number | null
  readonly kilowattHours: number | null
  /**
   * Kilograms of CO2 at what budget.carbon says a kilowatt hour emits, or the world's mean of 0.48 (Ember, Global Electricity
   * Review 2024).
   */
  readonly carbon: number | null
}

export type Savings = {
  readonly runs: number
  /** Preflights that said NO-GO. Saved: what a finished run of the same run file took. */
  readonly noGo: { readonly count: number; readonly unknown: number; readonly saved: Amount }
  /** Runs that a rule ended. Saved: the steps that were left, at the run's own pace. */
  readonly stops: { readonly count: number; readonly saved: Amount; readonly reasons: ReadonlyMap<ReasonCode, number> }
  /** Trials that their sweep paused for good. What whole runs of them would have taken more; not in the net sum. */
  readonly pruned: { readonly count: number; readonly saved: Amount }
  /** Preflights, their loading included; a sweep has one. */
  readonly cost: Amount
  /** Stop verdicts of the benchmark rule on runs that went on to their end: wrong where the run was a winner after all. */
  readonly audit: { readonly verdicts: number; readonly wrong: number; readonly interval: readonly [number, number] }
}

const carbonOfKilowattHour = 0.48

const stopReasons: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'not-finite',
  'divergence',
  'patience',
  'benchmark',
  'generalisation-loss',
  'progress-quotient',
  'successive-increase',
])

const amountOf = (run: PastRun, seconds: number): Amount => {
  const { budget, stop } = run.plan.run
  const hours = seconds / 3600
  const energy = stop.budget?.energy ?? null
  const kilowattHours = energy === null ? null : (hours * energy.watts) / 1000
  const [perHour, perKilowattHour] = [
    stop.budget?.cost?.per_hour ?? budget?.cost?.per_hour,
    budget?.cost?.per_kilowatt_hour,
  ]
  const grams = budget?.carbon?.grams_per_kilowatt_hour
  const money = perHour === undefined ? null : hours * perHour + (kilowattHours ?? 0) * (perKilowattHour ?? 0)
  const emitted = grams === undefined ? carbonOfKilowattHour : grams / 1000
  return { seconds, money, kilowattHours, carbon: kilowattHours === null ? null : kilowattHours * emitted }
}

const add = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b)

const total = (amounts: readonly Amount[]): Amount =>
  amounts.reduce<Amount>(
    (sum, a) => ({
      seconds: sum.seconds + a.seconds,
      money: add(sum.money, a.money),
      kilowattHours: add(sum.kilowattHours, a.kilowattHours),
      carbon: add(sum.carbon, a.carbon),
    }),
    { seconds: 0, money: null, kilowattHours: null, carbon: null },
  )

/** The steps that were left, at the run's own pace. */
const left = (run: PastRun): Amount => {
  const { step, seconds } = run.ended!
  return amountOf(run, step === 0 ? 0 : (seconds / step) * Math.max(0, run.plan.steps - step))
}

/** Mean seconds of finished runs by the name of their run file. */
const secondsByName = (runs: readonly PastRun[]): ReadonlyMap<string, number> =>
  new Map(
    [...Map.groupBy(runs.filter(isFinished), ({ plan }) => plan.run.name)].map(([name, own]) => [
      name,
      mean(own.map(({ ended }) => ended?.seconds ?? 0)),
    ]),
  )

/** What a stop verdict that was not obeyed came to. */
export type Audited = {
  readonly step: number
  /** What the run had to reach to be a winner, and what it reached. */
  readonly goal: number
  readonly best: number
  readonly isWrong: boolean
}

/** Null where the run did not go on to its end after a verdict. */
export const auditOf = (run: PastRun): Audited | null => {
  const verdict = run.decisions.find(({ decision }) => decision.reason === 'benchmark')
  const goal = verdict?.decision.numbers.goal
  const best = bestOf(run)
  if (verdict === undefined || goal === undefined || best === null || !isFinished(run)) return null
  return {
    step: verdict.step,
    goal,
    best,
    isWrong: run.plan.objective.direction === 'max' ? best >= goal : best <= goal,
  }
}

/** Seconds of each sweep's one preflight; a damaged sweep is left out. */
export const sweepPolls = async (root: string): Promise<number[]> => {
  const { readSweep, sweepFolder, sweepNames } = await import('./record/index.ts')
  const sweeps = (await sweepNames(root)).map((name) => readSweep(sweepFolder(root, name)).catch(() => null))
  return (await Promise.all(sweeps)).flatMap((sweep) =>
    (sweep?.events ?? []).flatMap((e) => (e.type === 'polled' ? [e.seconds + e.loadSeconds] : [])),
  )
}

/** `polls`: seconds of the preflights of sweeps. */
export const savingsOf = (runs: readonly PastRun[], polls: readonly number[] = []): Savings => {
  const finished = secondsByName(runs)
  const noGo = runs.filter(({ ended }) => ended?.reason === 'no-go')
  const known = noGo.flatMap((run) => {
    const seconds = finished.get(run.plan.run.name)
    return seconds === undefined ? [] : [amountOf(run, seconds)]
  })
  const stopped = runs.filter(({ ended }) => ended !== null && stopReasons.has(ended.reason))
  const pruned = runs.filter(({ ended }) => ended?.reason === 'pruned')
  const reasons = Map.groupBy(stopped, ({ ended }) => ended!.reason)
  const audited = runs.map(auditOf).filter((own) => own !== null)
  const wrong = audited.filter(({ isWrong }) => isWrong).length
  return {
    runs: runs.length,
    noGo: { count: noGo.length, unknown: noGo.length - known.length, saved: total(known) },
    stops: {
      count: stopped.length,
      saved: total(stopped.map(left)),
      reasons: new Map([...reasons].map(([reason, own]) => [reason, own.length])),
    },
    pruned: { count: pruned.length, saved: total(pruned.map(left)) },
    cost: total([
      ...polls.map((seconds) => ({ seconds, money: null, kilowattHours: null, carbon: null })),
      ...runs.flatMap((run) =>
        run.preflight === null ? [] : [amountOf(run, run.preflight.seconds + (run.preflight.loadSeconds ?? 0))],
      ),
    ]),
    audit: { verdicts: audited.length, wrong, interval: proportionInterval(wrong, audited.length) },
  }
}
