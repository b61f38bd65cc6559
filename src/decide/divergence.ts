// Divergence: a loss that is a large multiple of the first validation loss, and stays there.
// Not overfitting, which patience ends, and not one bad batch, which heals.
import type { Decision, StepRecord, StopMode } from '../contract/index.ts'
import type { Rule } from './rule.ts'
import { figure } from './sentence.ts'

/** Steps in a row over the limit, and evaluations in a row: one spike is not a divergence. */
const holdSteps = 50
const holdEvaluations = 2
/** Training losses whose median is the reference until there is a validation loss. */
const earlySteps = 10

export type DivergenceState = {
  readonly early: readonly number[]
  /** First validation loss; null before the first evaluation; 0 where losses can be negative and a ratio means nothing. */
  readonly first: number | null
  readonly stepsOver: number
  readonly evaluationsOver: number
  /** Sum and count of training losses since the last evaluation. */
  readonly sum: number
  readonly count: number
  readonly said: boolean
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Largest healthy loss. Before the first evaluation the reference is a guess from training, so the limit is factor². */
const limitOf = (factor: number, state: DivergenceState): number => {
  if (state.first !== null) return state.first > 0 ? factor * state.first : Number.POSITIVE_INFINITY
  const start = state.early.length === earlySteps ? median(state.early) : 0
  return start > 0 ? factor * factor * start : Number.POSITIVE_INFINITY
}

/**
 * Stops when the training loss was over `factor` × the first validation loss for 50 steps in a row, or the validation loss
 * for 2 evaluations in a row while the mean training loss between them was over the first validation loss too (a model
 * that overfits has a LOW training loss). A first validation loss of 0 or less switches the rule off: such losses have no ratio.
 * NaN is {@link notFinite}'s. `mode: off` turns the stop into advice, said once.
 */
export const divergence = (o: { mode: StopMode; factor: number }): Rule<DivergenceState> => {
  const speak = (
    state: DivergenceState,
    said: Omit<Decision, 'action' | 'reason'>,
  ): readonly [DivergenceState, readonly Decision[]] => {
    const calm = { ...state, stepsOver: 0, evaluationsOver: 0 }
    if (o.mode !== 'off') return [calm, [{ action: 'stop', reason: 'divergence', ...said }]]
    if (state.said) return [calm, []]
    return [{ ...calm, said: true }, [{ action: 'advise', reason: 'divergence', ...said }]]
  }

  const onStep = (
    state: DivergenceState,
    { loss, step }: StepRecord,
  ): readonly [DivergenceState, readonly Decision[]] => {
    if (!Number.isFinite(loss)) return [state, []]
    const seen = { ...state, sum: state.sum + loss, count: state.count + 1 }
    if (state.first === null && state.early.length < earlySteps) return [{ ...seen, early: [...state.early, loss] }, []]
    const limit = limitOf(o.factor, state)
    const stepsOver = loss > limit ? state.stepsOver + 1 : 0
    const next = { ...seen, stepsOver }
    if (stepsOver < holdSteps) return [next, []]
    const source =
      state.first === null
        ? `${figure(o.factor ** 2)} × the loss at the start`
        : `${figure(o.factor)} × the first val_loss`
    return speak(next, {
      sentence: `training loss is over ${figure(limit)} (${source}) for ${holdSteps} steps in a row; ${figure(loss)} at step ${step}`,
      numbers: { step, loss, limit, steps: holdSteps },
    })
  }

  const onEvaluation = (
    state: DivergenceState,
    loss: number,
    step: number,
  ): readonly [DivergenceState, readonly Decision[]] => {
    const fresh = { ...state, sum: 0, count: 0 }
    if (!Number.isFinite(loss)) return [fresh, []]
    const limit = limitOf(o.factor, state)
    // A first validation loss that is over the limit already is no reference.
    const first = state.first ?? (loss > limit ? null : Math.max(0, loss) + 0)
    const training = state.count > 0 ? state.sum / state.count : Number.NaN
    const over = loss > limit && !(training <= (state.first ?? 0))
    const next = { ...fresh, first, evaluationsOver: over ? state.evaluationsOver + 1 : 0 }
    if (next.evaluationsOver < holdEvaluations) return [next, []]
    return speak(next, {
      sentence: `val_loss is over ${figure(limit)} for ${holdEvaluations} evaluations in a row; ${figure(loss)} at step ${step}, training loss ${figure(training)}`,
      numbers: { step, loss, limit, training, evaluations: holdEvaluations },
    })
  }

  return {
    init: { early: [], first: null, stepsOver: 0, evaluationsOver: 0, sum: 0, count: 0, said: false },
    update: (state, event) => {
      if (event.type === 'evaluated') {
        const loss = event.metrics.val_loss
        return loss === undefined ? [state, []] : onEvaluation(state, loss, event.step)
      }
      if (event.type !== 'steps') return [state, []]
      let now = state
      const decisions: Decision[] = []
      for (const record of event.records) {
        const [next, said] = onStep(now, record)
        now = next
        decisions.push(...said)
      }
      return [now, decisions]
    },
  }
}
