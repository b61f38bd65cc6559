// The table of a sweep: every trial with how far it came and its value, the winner first. Pure.
// Not its text.
import type { Direction } from '../../contract/index.ts'
import type { Outcome, Trial } from '../../contract/sweep.ts'
import { mean, variance } from '../spread.ts'

/** waiting: not begun. paused: others did better. */
export type TrialState = 'done' | 'paused' | 'failed' | 'waiting'

export type Ranked = {
  readonly trial: Trial
  readonly state: TrialState
  /** Mean over its seeds; null where one of them has none. */
  readonly value: number | null
  /** Of each seed, in the order of its runs; null where it has none yet. */
  readonly values: readonly (number | null)[]
  /** Standard deviation over its seeds; null with fewer than two. */
  readonly spread: number | null
  /** Share of its length that every seed has trained. */
  readonly share: number
  readonly steps: number
  readonly seconds: number
  readonly curve: Outcome['curve']
  readonly why: string
}

const stateOf = (outcomes: readonly Outcome[], seeds: number): TrialState => {
  if (outcomes.some(({ state }) => state === 'failed')) return 'failed'
  if (outcomes.length < seeds) return 'waiting'
  return outcomes.every(({ state }) => state === 'done') ? 'done' : 'paused'
}

const rankOf = { done: 0, paused: 1, failed: 2, waiting: 3 } as const satisfies Record<TrialState, number>

/** `latest`: what a run of a trial has come to by now. */
export const rankingOf = (
  direction: Direction,
  trials: readonly Trial[],
  latest: (run: string) => Outcome | undefined,
): Ranked[] => {
  const rows = trials.map((trial): Ranked => {
    const outcomes = trial.runs.map(({ run }) => latest(run)).filter((o) => o !== undefined)
    const state = stateOf(outcomes, trial.runs.length)
    const values = outcomes.flatMap(({ value }) => (value !== null && Number.isFinite(value) ? [value] : []))
    const whole = state !== 'failed' && state !== 'waiting' && values.length === trial.runs.length
    return {
      trial,
      state,
      value: whole ? mean(values) : null,
      values: trial.runs.map(({ run }) => latest(run)?.value ?? null),
      spread: whole && values.length > 1 ? Math.sqrt(variance(values)) : null,
      share: state === 'waiting' ? 0 : Math.min(...outcomes.map(({ step, steps }) => (steps === 0 ? 0 : step / steps))),
      steps: outcomes.reduce((sum, { step }) => sum + step, 0),
      seconds: outcomes.reduce((sum, { seconds }) => sum + seconds, 0),
      curve: outcomes[0]?.curve ?? [],
      why: (outcomes.find((o) => o.state === 'failed') ?? outcomes.at(-1))?.sentence ?? 'not begun',
    }
  })
  const badness = ({ value }: Ranked) =>
    value === null ? Number.POSITIVE_INFINITY : direction === 'min' ? value : -value
  return rows.toSorted((a, b) => {
    if (a.state !== b.state) return rankOf[a.state] - rankOf[b.state]
    // of those that are paused, who came further was better for longer
    if (a.state === 'paused' && a.share !== b.share) return b.share - a.share
    const [x, y] = [badness(a), badness(b)]
    return x === y ? a.trial.trial - b.trial.trial : x - y
  })
}
