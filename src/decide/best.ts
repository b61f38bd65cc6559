// Best-so-far: direction aware, ties go to the earlier one, values that are not finite never win.
// Not retention: which checkpoints stay on disk is decided in checkpoint/, which stages may not share code with.
import type { Direction, Metric, RunEvent, RunEventOf } from '../contract/index.ts'

export type Best = { readonly value: number; readonly step: number; readonly epoch: number }

/** Whether `a` beats `b` strictly, by more than `delta`. A NaN or an infinity never beats anything. */
export const better = (direction: Direction, a: number, b: number, delta = 0): boolean =>
  Number.isFinite(a) && (direction === 'max' ? a > b + delta : a < b - delta)

/** The better of what stood and what came; what stood wins ties. */
export const best = (direction: Direction, standing: Best | null, next: Best): Best | null => {
  if (!Number.isFinite(next.value)) return standing
  if (standing === null) return next
  return better(direction, next.value, standing.value) ? next : standing
}

/** A metric of an evaluation. Names come from users: one called `constructor` must not find what every object has. */
export const metricOf = (event: RunEventOf<'evaluated'>, name: string): number | undefined =>
  Object.hasOwn(event.metrics, name) ? event.metrics[name] : undefined

/** Best-so-far as a fold over events: `events.reduce(fold.update, fold.init)`. */
export const bestSoFar = (objective: Metric) => ({
  init: null as Best | null,
  update: (state: Best | null, event: RunEvent): Best | null => {
    if (event.type !== 'evaluated') return state
    const value = metricOf(event, objective.name)
    if (value === undefined) return state
    return best(objective.direction, state, { value, step: event.step, epoch: event.epoch })
  },
})
