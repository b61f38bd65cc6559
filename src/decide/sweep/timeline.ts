// What a sweep should be training now, as a pure function of what its trials have come to so far.
// Not a queue with a memory: it plays the whole sweep again from its start, in steps trained instead of seconds, so that
// neither a kill nor a slow machine changes which trial goes on.
import type { Outcome } from '../../contract/sweep.ts'

/** Train a trial, all its seeds, as far as a rung. */
export type Job = { readonly trial: number; readonly rung: number }
/** With the number of results that were known when it began. */
export type Begun = Job & { readonly after: number }

/** A trial at a rung, its seeds taken together. */
export type Result = {
  readonly trial: number
  readonly rung: number
  /** Mean over seeds of the best so far; null where a seed has none. */
  readonly value: number | null
  readonly curves: readonly (readonly (readonly [number, number])[])[]
  /** It trains no further, whatever is decided. */
  readonly isOver: boolean
}

/** Decides which trial is next. `seen` is in the order in which it became known. */
export interface Pruner {
  /** Null: nothing to do until more is known. */
  next(begun: readonly Begun[], seen: readonly Result[]): Job | null
  /** Whether what is next depends on what is seen. */
  readonly looks: boolean
}

export type Task = Begun & { readonly seed: number }

export type Known = {
  /** What a task came to; undefined where it is not known yet. */
  outcome(task: Task): Outcome | undefined
  /** Share of the run that a task has reached by now. */
  reached(task: Task): number
}

export type Timeline = {
  /** Tasks whose outcomes are not known: they are to train now, at most `parallel` of them. */
  readonly wanted: readonly Task[]
  /** Every job that was begun and every result, in the order of the timeline. */
  readonly begun: readonly Begun[]
  readonly seen: readonly Result[]
}

type Running = { readonly task: Task; readonly at: number; readonly started: number; readonly from: number }

const meanOf = (values: readonly (number | null)[]): number | null => {
  const finite = values.filter((v): v is number => v !== null && Number.isFinite(v))
  return finite.length === values.length ? finite.reduce((a, b) => a + b, 0) / values.length : null
}

const resultOf = ({ trial, rung }: Job, outcomes: readonly Outcome[]): Result => ({
  trial,
  rung,
  value: meanOf(outcomes.map(({ state, value }) => (state === 'failed' ? null : value))),
  curves: outcomes.map(({ curve }) => curve),
  isOver: outcomes.every(({ state }) => state !== 'paused'),
})

const shareOf = ({ step, steps }: Outcome): number => (steps === 0 ? 0 : step / steps)

type Sizes = { readonly seeds: readonly number[]; readonly parallel: number }

/**
 * The sweep until the first moment that is not known yet. A task takes as long as it trains: shares of a run, so that it is
 * the same on every machine. At most `parallel` train at once.
 */
export const timelineOf = (pruner: Pruner, sizes: Sizes, known: Known): Timeline =>
  pruner.looks ? played(pruner, sizes, known) : listed(pruner, sizes, known)

/** Where nothing depends on what is seen, a slow trial need not be waited for. */
const listed = (pruner: Pruner, { seeds, parallel }: Sizes, known: Known): Timeline => {
  const begun: Begun[] = []
  const seen: Result[] = []
  const wanted: Task[] = []
  for (let job = pruner.next(begun, []); job !== null && wanted.length < parallel; job = pruner.next(begun, [])) {
    begun.push({ ...job, after: 0 })
    const tasks = seeds.map((seed) => ({ ...job, after: 0, seed }))
    const outcomes = tasks.map((task) => known.outcome(task))
    wanted.push(...tasks.filter((_, at) => outcomes[at] === undefined).slice(0, parallel - wanted.length))
    if (outcomes.every((outcome) => outcome !== undefined)) seen.push(resultOf(job, outcomes))
  }
  return { wanted, begun, seen }
}

const played = (pruner: Pruner, { seeds, parallel }: Sizes, known: Known): Timeline => {
  const begun: Begun[] = []
  const seen: Result[] = []
  const waiting: Task[] = []
  const reached = new Map<string, number>()
  const finished = new Map<string, Outcome[]>()
  let running: Running[] = []
  let now = 0
  let order = 0
  const placeOf = ({ trial, seed }: Task) => `${trial} ${seed}`

  const fill = (): void => {
    while (running.length < parallel) {
      if (waiting.length === 0) {
        const job = pruner.next(begun, seen)
        if (job === null) return
        const after = seen.length
        begun.push({ ...job, after })
        waiting.push(...seeds.map((seed) => ({ ...job, after, seed })))
      }
      const task = waiting.shift()!
      running.push({ task, at: order++, started: now, from: reached.get(placeOf(task)) ?? 0 })
    }
  }
  /** When it ends; where that is not known, the earliest that it can. */
  const endOf = ({ task, started, from }: Running): number => {
    const outcome = known.outcome(task)
    return started + Math.max(0, (outcome ? shareOf(outcome) : known.reached(task)) - from)
  }
  const isBefore = (a: Running, b: Running): boolean => {
    const [ends, other] = [endOf(a), endOf(b)]
    return ends < other || (ends === other && a.at < b.at)
  }
  for (;;) {
    fill()
    const [first, ...rest] = running
    if (first === undefined) break
    const next = rest.reduce((earliest, r) => (isBefore(r, earliest) ? r : earliest), first)
    const outcome = known.outcome(next.task)
    if (outcome === undefined) break
    now = endOf(next)
    running = running.filter((r) => r !== next)
    reached.set(placeOf(next.task), shareOf(outcome))
    const key = `${next.task.trial} ${next.task.rung}`
    const outcomes = [...(finished.get(key) ?? []), outcome]
    finished.set(key, outcomes)
    if (outcomes.length === seeds.length) seen.push(resultOf(next.task, outcomes))
  }
  return { wanted: running.flatMap(({ task }) => (known.outcome(task) ? [] : [task])), begun, seen }
}
