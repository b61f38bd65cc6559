// gonogo's benchmark rule as a judge of recorded runs, and the constants that it may be tuned to.
// One judge feeds the very rule that stops runs; the other asks its parts, so that many constants can be tried. A test holds them equal.
import type { RunEvent } from '../contract/index.ts'
import {
  type BenchmarkConstants,
  benchmark,
  isDue,
  isHopeless,
  noTrack,
  progressOf,
  type Standing,
  standingOf,
  tracked,
} from '../decide/index.ts'
import type { Candidate, Trial } from './cases.ts'
import type { Judge } from './outcome.ts'

/** Steps in which a recorded budget is counted: fine enough that no two evaluations fall together. */
const steps = 1e9

export const benchmarkJudge =
  (constants: BenchmarkConstants): Judge =>
  (trial, { run }) => {
    const objective = { name: 'objective', direction: run.direction }
    const { profile, reference: name } = trial
    const rule = benchmark({ mode: 'stop', name, profile, objective, steps, constants })
    let state = rule.init
    for (const { fraction, value } of run.curve) {
      const event: RunEvent = {
        type: 'evaluated',
        step: Math.round(fraction * steps),
        epoch: 0,
        metrics: { objective: value },
        samples: 0,
        seconds: 0,
      }
      const [next, decisions] = rule.update(state, event)
      if (decisions.some(({ action }) => action === 'stop')) return fraction
      state = next
    }
    return null
  }

type Stand = { readonly fraction: number; readonly evaluations: number; readonly standing: Standing | null }

/** Where a candidate stood at each evaluation. Constants do not enter it. */
export type Path = readonly Stand[]

export const pathOf = ({ profile }: Trial, { run }: Candidate): Path => {
  let track = noTrack
  const stands: Stand[] = []
  for (const { fraction, value } of run.curve) {
    if (Math.round(fraction * steps) === 0) continue
    track = tracked(track, run.direction, fraction, value)
    const progress = progressOf(track, fraction)
    const standing = progress === null ? null : standingOf(profile, run.direction, progress)
    stands.push({ fraction, evaluations: track.evaluations, standing })
  }
  return stands
}

/** What {@link benchmarkJudge} says, from a path. */
export const stopOn = ({ profile }: Trial, path: Path, c: BenchmarkConstants): number | null => {
  let [held, since] = [0, 0]
  for (const { fraction, evaluations, standing } of path) {
    const ready = fraction >= c.warmUp && evaluations >= 4
    // an evaluation that tells nothing neither holds nor breaks
    if (standing === null) continue
    if (!ready || !isHopeless(profile, standing, c)) {
      held = 0
      continue
    }
    since = held === 0 ? fraction : since
    held += 1
    if (isDue({ held, since, said: null }, c, fraction)) return fraction
  }
  return null
}
