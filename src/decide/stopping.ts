// The rules of one run, put together from its run file.
// Not a rule of its own: what each says, and why it may stop, stands in that rule's file.
import type { Metric, RunFile } from '../contract/index.ts'
import { type BaselinePoint, baseline } from './baseline.ts'
import { divergence } from './divergence.ts'
import { notFinite } from './not-finite.ts'
import { patience } from './patience.ts'
import { compose, general, type Rule, type State } from './rule.ts'

/**
 * NaN and divergence are always watched: they stop under `advise` and `stop`, and only speak under `off`. Patience stops under
 * `stop`, speaks under `advise`, is silent under `off`. A baseline speaks whatever the mode: naming it asks for the comparison.
 */
export const stopping = (o: {
  settings: RunFile['stop']
  objective: Metric
  /** Steps of the whole run. */
  steps: number
  baseline?: { name: string; curve: readonly BaselinePoint[] } | undefined
}): Rule<readonly State[]> => {
  const { mode, divergence: factor, patience: declared } = o.settings
  const { objective, steps } = o
  return compose([
    general(notFinite({ mode, objective })),
    general(divergence({ mode, factor })),
    ...(declared === null
      ? []
      : [general(patience({ mode, evaluations: declared.evaluations, minDelta: declared.min_delta, objective }))]),
    ...(o.baseline === undefined ? [] : [general(baseline({ ...o.baseline, steps, objective }))]),
  ])
}
