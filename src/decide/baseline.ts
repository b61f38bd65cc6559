// How the run stands against an earlier run at the same share of the budget. It shows and advises.
// Not a stopping rule: "worse than the baseline now" kills most eventual winners, so nothing here ever says stop.
import type { Decision, Metric } from '../contract/index.ts'
import { type Best, bestSoFar, better, metricOf } from './best.ts'
import type { Rule } from './rule.ts'
import { figure, percent } from './sentence.ts'

/** An evaluation of the earlier run: share of ITS budget, and its value then. */
export type BaselinePoint = { readonly fraction: number; readonly value: number }

/** Best-so-far of a curve, in order of budget; values that are not finite are left out. */
const envelope = (objective: Metric, curve: readonly BaselinePoint[]): readonly BaselinePoint[] => {
  const rising: BaselinePoint[] = []
  for (const point of curve.toSorted((a, b) => a.fraction - b.fraction)) {
    const last = rising.at(-1)
    if (!Number.isFinite(point.value) || !Number.isFinite(point.fraction)) continue
    if (last === undefined || better(objective.direction, point.value, last.value)) rising.push(point)
  }
  return rising
}

/**
 * One decision an evaluation, from the baseline's first evaluation on: `go-on` where the run is level or ahead, `advise` where
 * it is behind. Both runs are compared by best-so-far, unsmoothed, at the same fraction of the budget.
 */
export const baseline = (o: {
  name: string
  curve: readonly BaselinePoint[]
  steps: number
  objective: Metric
}): Rule<Best | null> => {
  const points = envelope(o.objective, o.curve)
  const fold = bestSoFar(o.objective)
  return {
    init: fold.init,
    update: (state, event) => {
      const best = fold.update(state, event)
      // Before the first step both runs are what their seeds made them.
      if (event.type !== 'evaluated' || event.step === 0 || best === null) return [best, []]
      if (metricOf(event, o.objective.name) === undefined) return [best, []]
      const fraction = event.step / o.steps
      // A share of the budget is a quotient of whole steps: 1e-9 forgives its rounding.
      const theirs = points.findLast((p) => p.fraction <= fraction + 1e-9)
      if (theirs === undefined) return [best, []]
      return [best, [stand(o, points, { step: event.step, fraction, mine: best.value, theirs: theirs.value })]]
    },
  }
}

const stand = (
  o: { name: string; objective: Metric },
  points: readonly BaselinePoint[],
  at: { step: number; fraction: number; mine: number; theirs: number },
): Decision => {
  const { direction, name: metric } = o.objective
  /** Where the baseline first was as good as this run is now. */
  const reached = points.find((p) => !better(direction, at.mine, p.value))
  const gap = Math.abs(at.mine - at.theirs)
  const behind = better(direction, at.theirs, at.mine)
  const values = `${metric} ${figure(at.mine)}, there ${figure(at.theirs)}`
  const now = `at ${percent(at.fraction)}`
  const where = () => {
    if (at.mine === at.theirs) return `${now} you are level with ${o.name}: ${metric} ${figure(at.mine)}`
    if (reached === undefined) return `${now} you are past the best of ${o.name}: ${values}`
    const first = points[0]!
    if (behind && reached === first && at.mine !== first.value)
      return `${now} you are behind where ${o.name} was at ${percent(first.fraction)}: ${values}`
    return `${now} you are where ${o.name} was at ${percent(reached.fraction)}: ${values}`
  }
  return {
    action: behind ? 'advise' : 'go-on',
    reason: 'baseline',
    sentence: where(),
    numbers: {
      step: at.step,
      fraction: at.fraction,
      value: at.mine,
      baseline: at.theirs,
      gap,
      ...(reached === undefined ? {} : { reachedAt: reached.fraction }),
    },
  }
}
