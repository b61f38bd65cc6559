// Patience: so many evaluations without an improvement of more than min_delta.
// Not a hard stop: the run file declares it, and stop.mode says whether it ends the run or only says so.
import type { Metric, StopMode } from '../contract/index.ts'
import { better, metricOf } from './best.ts'
import type { Rule } from './rule.ts'
import { count, figure } from './sentence.ts'

export type PatienceState = {
  /** The value to beat: the last one that was an improvement by more than min_delta. */
  readonly standing: number | null
  readonly step: number
  readonly without: number
}

/**
 * Speaks after `evaluations` evaluations in a row without improvement, and again after as many more: so a run that was
 * stopped and resumed gets the same patience again. A tie is no improvement; NaN and infinities never are.
 * An evaluation that lacks the objective does not count.
 */
export const patience = (o: {
  mode: StopMode
  evaluations: number
  minDelta: number
  objective: Metric
}): Rule<PatienceState> => ({
  init: { standing: null, step: 0, without: 0 },
  update: (state, event) => {
    if (event.type !== 'evaluated') return [state, []]
    const value = metricOf(event, o.objective.name)
    if (value === undefined) return [state, []]
    const improved =
      state.standing === null
        ? Number.isFinite(value)
        : better(o.objective.direction, value, state.standing, o.minDelta)
    if (improved) return [{ standing: value + 0, step: event.step, without: 0 }, []]
    const without = state.without + 1
    const next = { ...state, without }
    if (without % o.evaluations !== 0 || o.mode === 'off') return [next, []]
    const { standing } = state
    const toBeat = standing === null ? 'it never was a finite number' : `best ${figure(standing)} at step ${state.step}`
    const margin = o.minDelta > 0 ? ` by more than ${figure(o.minDelta)}` : ''
    return [
      next,
      [
        {
          action: o.mode === 'stop' ? 'stop' : 'advise',
          reason: 'patience',
          sentence: `${o.objective.name} did not improve${margin} in ${count(without, 'evaluation')}: ${figure(value)} now, ${toBeat}`,
          numbers: {
            step: event.step,
            value,
            evaluations: without,
            ...(standing === null ? {} : { best: standing, bestStep: state.step }),
          },
        },
      ],
    ]
  },
})
