// Which trial of a sweep trains next, and how far: none, median, ASHA, Hyperband. Pure.
// Not when a run should stop by itself: the rules of stop: hold in every trial as they do in any run.
import type { Direction } from '../../contract/index.ts'
import type { SweepSettings } from '../../contract/sweep.ts'
import type { Begun, Job, Pruner, Result } from './timeline.ts'

export type Sweep = Pick<SweepSettings, 'prune' | 'reduction' | 'first' | 'startup'> & {
  readonly trials: number
  readonly direction: Direction
  /** Shares of a run at which trials are judged; the last is 1. */
  readonly rungs: readonly number[]
}

/** Best first; what has no value last, and of equals the earlier trial first. */
export const ranked = (direction: Direction, results: readonly Result[]): Result[] => {
  const badness = ({ value }: Result) =>
    value === null || Number.isNaN(value) ? Number.POSITIVE_INFINITY : direction === 'min' ? value : -value
  return results.toSorted((a, b) => {
    const [x, y] = [badness(a), badness(b)]
    return x === y ? a.trial - b.trial : x - y
  })
}

/** The best `count` of them that have a value. */
const best = (direction: Direction, results: readonly Result[], count: number): Result[] =>
  ranked(direction, results)
    .slice(0, count)
    .filter(({ value }) => value !== null)

const isBegun = (begun: readonly Begun[], trial: number, rung: number): boolean =>
  begun.some((job) => job.trial === trial && job.rung === rung)

/** Every trial to its end, in order. */
const everyone = ({ trials, rungs }: Sweep): Pruner => ({
  looks: false,
  next: (begun) => (begun.length < trials ? { trial: begun.length + 1, rung: rungs.length - 1 } : null),
})

/**
 * Asynchronous successive halving: L. Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2018), algorithm 2. Whoever
 * is among the best 1/reduction of those seen at a rung goes on; where nobody is, a new trial begins. Unlike there, where all is
 * done and nobody has come to the end, the best of the highest rung goes on: a sweep ends with a winner.
 */
const asha = ({ trials, rungs, reduction, direction }: Sweep): Pruner => ({
  looks: true,
  next: (begun, seen) => {
    const at = rungs.map((_, rung) => seen.filter((result) => result.rung === rung))
    for (let rung = rungs.length - 2; rung >= 0; rung--) {
      const here = at[rung]!
      const top = best(direction, here, Math.floor(here.length / reduction))
      const next = top.find(({ trial }) => !isBegun(begun, trial, rung + 1))
      if (next !== undefined) return { trial: next.trial, rung: rung + 1 }
    }
    const started = begun.filter(({ rung }) => rung === 0).length
    if (started < trials) return { trial: started + 1, rung: 0 }
    if (begun.length > seen.length) return null
    const highest = at.findLastIndex((here) => here.some(({ value }) => value !== null))
    if (highest < 0 || highest === rungs.length - 1) return null
    const [last] = best(direction, at[highest]!, 1)
    return last === undefined ? null : { trial: last.trial, rung: highest + 1 }
  },
})

/** Trials of each bracket, in proportion to what the paper gives them: the first begins at the first rung, the last trains whole runs. */
export const brackets = (trials: number, rungs: number, reduction: number): number[][] => {
  const weights = Array.from({ length: rungs }, (_, b) => {
    const s = rungs - 1 - b
    return Math.ceil((rungs / (s + 1)) * reduction ** s)
  })
  const sum = weights.reduce((a, b) => a + b, 0)
  const exact = weights.map((w) => (trials * w) / sum)
  const sizes = exact.map(Math.floor)
  const order = exact.map((x, b) => ({ b, rest: x - Math.floor(x) })).sort((x, y) => y.rest - x.rest || x.b - y.b)
  const left = trials - sizes.reduce((a, b) => a + b, 0)
  for (const { b } of order.slice(0, left)) sizes[b] = sizes[b]! + 1
  let next = 1
  return sizes.map((size) => Array.from({ length: size }, () => next++))
}

/** L. Li et al., "Hyperband", JMLR 18 (2018): brackets of successive halving, each rung decided once all of it are seen. */
const hyperband = ({ trials, rungs, reduction, direction }: Sweep): Pruner => {
  const own = brackets(trials, rungs.length, reduction)
  const nextOf = (bracket: number, begun: readonly Begun[], seen: readonly Result[]): Job | null => {
    let members: readonly number[] = own[bracket]!
    for (let rung = bracket; rung < rungs.length && members.length > 0; rung++) {
      const waiting = members.find((trial) => !isBegun(begun, trial, rung))
      if (waiting !== undefined) return { trial: waiting, rung }
      const results = seen.filter((r) => r.rung === rung && members.includes(r.trial))
      if (results.length < members.length) return null
      const count = Math.max(1, Math.floor(members.length / reduction))
      members = best(direction, results, count).map(({ trial }) => trial)
    }
    return null
  }
  return {
    looks: true,
    next: (begun, seen) => {
      for (let bracket = 0; bracket < own.length; bracket++) {
        const job = nextOf(bracket, begun, seen)
        if (job !== null) return job
      }
      return null
    },
  }
}

/** Every trial in order; each is held to the median of those that were known when it began (median.ts). */
const median = (sweep: Sweep): Pruner => ({ ...everyone(sweep), looks: true })

export const prunerOf = (sweep: Sweep): Pruner => {
  switch (sweep.prune) {
    case 'none':
      return everyone(sweep)
    case 'median':
      return median(sweep)
    case 'asha':
      return asha(sweep)
    case 'hyperband':
      return hyperband(sweep)
    default:
      return sweep.prune satisfies never
  }
}
