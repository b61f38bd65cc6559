// NaN and infinity: a hard stop, because no later step can repair the weights.
// Not gradient overflow: a step whose updates were all skipped by a loss scaler did no harm.
import type { Decision, Metric, RunEvent, StepRecord, StopMode } from '../contract/index.ts'
import type { Rule } from './rule.ts'
import { count, figure } from './sentence.ts'

/** A dynamic loss scaler halves its scale at each skip: from 2^24 down to 2^-24 takes fewer than this. */
const patienceWithScaler = 50

export type NotFiniteState = {
  /** Steps in a row whose loss was not finite while every update was skipped. */
  readonly skipped: number
  /** What has been advised already: each is said once. */
  readonly said: readonly string[]
}

const wasSkipped = (r: StepRecord) => r.updates.length > 0 && r.updates.every((u) => u.outcome === 'skipped')

/**
 * Stops on a training loss, a `*_loss` metric or an objective that is NaN or infinite.
 * Another metric may be undefined for good reasons (precision without a positive): that is advised, once.
 * `mode: off` turns the stop into advice, said once: a run that keeps going on NaN should at least say so.
 */
export const notFinite = (o: { mode: StopMode; objective: Metric }): Rule<NotFiniteState> => ({
  init: { skipped: 0, said: [] },
  update: (state, event) => {
    if (event.type === 'steps') return onSteps(o.mode, state, event.records)
    if (event.type === 'evaluated') return onEvaluation(o, state, event)
    return [state, []]
  },
})

const speak = (
  mode: StopMode,
  state: NotFiniteState,
  key: string,
  decision: Omit<Decision, 'action' | 'reason'>,
): readonly [NotFiniteState, readonly Decision[]] => {
  if (mode !== 'off') return [state, [{ action: 'stop', reason: 'not-finite', ...decision }]]
  return advise(state, key, decision)
}

const advise = (
  state: NotFiniteState,
  key: string,
  decision: Omit<Decision, 'action' | 'reason'>,
): readonly [NotFiniteState, readonly Decision[]] => {
  if (state.said.includes(key)) return [state, []]
  return [{ ...state, said: [...state.said, key] }, [{ action: 'advise', reason: 'not-finite', ...decision }]]
}

const onSteps = (
  mode: StopMode,
  state: NotFiniteState,
  records: readonly StepRecord[],
): readonly [NotFiniteState, readonly Decision[]] => {
  let skipped = state.skipped
  for (const record of records) {
    if (Number.isFinite(record.loss)) {
      skipped = 0
      continue
    }
    skipped += 1
    if (wasSkipped(record) && skipped <= patienceWithScaler) continue
    const term = Object.entries(record.terms).find(([, value]) => !Number.isFinite(value))
    const what = term && Object.keys(record.terms).length > 1 ? `its term ${term[0]} is ${term[1]}` : undefined
    const tail =
      what ?? (skipped > 1 ? `${count(skipped, 'step')} in a row were skipped by the loss scaler` : undefined)
    return speak(mode, { ...state, skipped }, 'loss', {
      sentence: `training loss is ${figure(record.loss)} at step ${record.step}${tail ? `; ${tail}` : ''}`,
      numbers: { step: record.step, loss: record.loss },
    })
  }
  return [{ ...state, skipped }, []]
}

const onEvaluation = (
  o: { mode: StopMode; objective: Metric },
  state: NotFiniteState,
  event: Extract<RunEvent, { type: 'evaluated' }>,
): readonly [NotFiniteState, readonly Decision[]] => {
  const broken = Object.entries(event.metrics).filter(([, value]) => !Number.isFinite(value))
  const vital = broken.find(([name]) => name === o.objective.name || name.endsWith('_loss'))
  const [name, value] = vital ?? broken[0] ?? []
  if (name === undefined || value === undefined) return [state, []]
  const said = {
    sentence: `${name} is ${figure(value)} at step ${event.step}`,
    numbers: { step: event.step, value },
  }
  return vital ? speak(o.mode, state, name, said) : advise(state, name, said)
}
