// Prechelt's three criteria (Early Stopping - But When?, 1998): GL, PQ and UP, over a validation loss. Each has its own reason.
// Not patience: these say how much worse, how little progress, or how often in a row it got worse.
import type { Decision, ReasonCode, StopMode } from '../contract/index.ts'
import type { Rule } from './rule.ts'
import { count, figure } from './sentence.ts'

export type PrecheltState = {
  /** Lowest validation loss. */
  readonly lowest: number | null
  /** Training losses of the strip in hand: sum, count, lowest mean of an interval. */
  readonly interval: { readonly sum: number; readonly count: number }
  readonly strip: readonly number[]
  /** Validation loss at the end of the last strip, and strips in a row that ended worse. */
  readonly last: number | null
  readonly worse: number
  readonly said: readonly string[]
}

type Said = Omit<Decision, 'action'>

/**
 * Evaluations are Prechelt's epochs; a strip is `strip` of them.
 * GL: val_loss / lowest − 1, in percent, above `gl`. PQ: GL over the training progress of the strip,
 * 1000 × (mean / lowest of its training losses − 1), above `pq`. UP: val_loss rose from strip to strip `up` times in a row.
 * Losses of 0 or less have no ratio: GL and PQ are silent then.
 */
export const prechelt = (o: {
  mode: StopMode
  gl: number | null
  pq: number | null
  up: number | null
  strip: number
}): Rule<PrecheltState> => {
  const speak = (state: PrecheltState, found: readonly Said[]): readonly [PrecheltState, readonly Decision[]] => {
    const fresh = found.filter(({ reason }) => !state.said.includes(reason))
    const decisions = fresh.map((said): Decision => ({ action: o.mode === 'stop' ? 'stop' : 'advise', ...said }))
    return [
      { ...state, said: [...state.said, ...fresh.map(({ reason }) => reason)] },
      o.mode === 'off' ? [] : decisions,
    ]
  }

  const onEvaluation = (
    state: PrecheltState,
    loss: number,
    step: number,
  ): readonly [PrecheltState, readonly Decision[]] => {
    if (!Number.isFinite(loss)) return [state, []]
    const { sum, count: n } = state.interval
    const strip = n > 0 ? [...state.strip, sum / n] : [...state.strip, Number.NaN]
    const lowest = state.lowest === null ? loss : Math.min(state.lowest, loss)
    const gl = lowest > 0 ? 100 * (loss / lowest - 1) : Number.NaN
    const seen = { ...state, lowest: lowest + 0, interval: { sum: 0, count: 0 } }
    const found: Said[] = []
    if (o.gl !== null && gl > o.gl)
      found.push(
        said(
          'generalisation-loss',
          `val_loss ${figure(loss)} is ${figure(gl)}% over its lowest, ${figure(lowest)}; ${figure(o.gl)}% is allowed`,
          { step, loss, lowest, gl },
        ),
      )
    if (strip.length < o.strip) return speak({ ...seen, strip }, found)
    const rose = state.last !== null && loss > state.last
    const worse = rose ? state.worse + 1 : 0
    const training = strip.filter((v) => Number.isFinite(v) && v > 0)
    const floor = Math.min(...training)
    const progress =
      training.length === strip.length ? 1000 * (training.reduce((a, b) => a + b, 0) / strip.length / floor - 1) : 0
    if (o.pq !== null && progress > 0 && gl / progress > o.pq)
      found.push(
        said(
          'progress-quotient',
          `val_loss is ${figure(gl)}% over its lowest, and training progressed by ${figure(progress)}‰ in ${count(o.strip, 'evaluation')}: quotient ${figure(gl / progress)}, ${figure(o.pq)} is allowed`,
          { step, loss, lowest, gl, progress, quotient: gl / progress },
        ),
      )
    if (o.up !== null && worse >= o.up)
      found.push(
        said(
          'successive-increase',
          `val_loss rose in ${count(worse, 'strip')} of ${count(o.strip, 'evaluation')} in a row: ${figure(loss)} at step ${step}`,
          { step, loss, strips: worse },
        ),
      )
    return speak({ ...seen, strip: [], last: loss + 0, worse }, found)
  }

  return {
    init: { lowest: null, interval: { sum: 0, count: 0 }, strip: [], last: null, worse: 0, said: [] },
    update: (state, event) => {
      if (event.type === 'evaluated') {
        const loss = event.metrics.val_loss
        return loss === undefined || event.step === 0 ? [state, []] : onEvaluation(state, loss, event.step)
      }
      if (event.type !== 'steps') return [state, []]
      let { sum, count: n } = state.interval
      for (const { loss } of event.records) {
        if (!Number.isFinite(loss)) continue
        sum += loss
        n += 1
      }
      return [{ ...state, interval: { sum: sum + 0, count: n } }, []]
    },
  }
}

const said = (reason: ReasonCode, sentence: string, numbers: Record<string, number>): Said => ({
  reason,
  sentence,
  numbers,
})
