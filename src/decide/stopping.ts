// The rules of one run, put together from its run file.
// Not a rule of its own: what each says, and why it may stop, stands in that rule's file.
import { canonicalJson, type Metric, type RunFile } from '../contract/index.ts'
import { type BenchmarkConstants, benchmark } from './benchmark.ts'
import { budgetRule } from './budget.ts'
import { divergence } from './divergence.ts'
import type { Learned } from './learn.ts'
import { notFinite } from './not-finite.ts'
import { patience } from './patience.ts'
import { prechelt } from './prechelt.ts'
import type { Profile } from './profile.ts'
import { composeNamed, general, type NamedRule, type Rule, type State } from './rule.ts'

/** The baseline of a run as its rule needs it. */
export type Comparison = {
  /** As a person names it: `mnist-cnn@2`, or a run. */
  readonly name: string
  readonly profile: Profile
  /** Why the two may not be compared; empty where they may. */
  readonly differs: readonly string[]
  /** From the project's own finished runs. */
  readonly learned?: Learned
  readonly audited?: boolean
}

/** The run file's words as the rule's constants. */
export const constantsOf = (
  settings: RunFile['stop']['benchmark'],
  learned: Learned = { lag: null, pace: null },
): BenchmarkConstants => ({
  minDelta: settings.min_delta,
  z: settings.z,
  lag: learned.lag === null ? settings.lag : { start: learned.lag, end: learned.lag },
  pace: settings.pace,
  remaining: settings.remaining,
  short: { from: settings.short.from, pace: Math.max(settings.short.pace, learned.pace ?? 0) },
  swing: settings.swing,
  warmUp: settings.warm_up,
  hold: settings.hold,
})

type Settings = {
  readonly settings: RunFile['stop']
  readonly objective: Metric
  /** Steps of the whole run. */
  readonly steps: number
  readonly comparison?: Comparison | undefined
}

/**
 * NaN, divergence and a spent budget are always watched: they stop under `advise` and `stop`, and only speak under `off`.
 * Patience, Prechelt's criteria and the benchmark rule stop under `stop`, speak under `advise`, are silent under `off`.
 * Where a run stands against its baseline is said whatever the mode: naming it asks for the comparison.
 */
export const stopping = (o: Settings): Rule<State> => {
  const { mode, divergence: factor, patience: declared, prechelt: criteria, budget } = o.settings
  const { objective, steps, comparison } = o
  const rules: NamedRule[] = [
    { name: 'not-finite', says: mode, rule: general(notFinite({ mode, objective })) },
    { name: 'divergence', says: canonicalJson({ mode, factor }), rule: general(divergence({ mode, factor })) },
  ]
  if (budget !== null)
    rules.push({ name: 'budget', says: canonicalJson({ mode, budget }), rule: general(budgetRule({ mode, budget })) })
  if (declared !== null) {
    const made = patience({ mode, evaluations: declared.evaluations, minDelta: declared.min_delta, objective })
    rules.push({ name: 'patience', says: canonicalJson({ mode, declared }), rule: general(made) })
  }
  if (criteria !== null)
    rules.push({
      name: 'prechelt',
      says: canonicalJson({ mode, criteria }),
      rule: general(prechelt({ mode, ...criteria })),
    })
  if (comparison !== undefined) {
    const { name, profile, differs, learned, audited = false } = comparison
    const constants = constantsOf(o.settings.benchmark, learned)
    const made = benchmark({ mode, name, profile, objective, steps, constants, differs, audited })
    const says = canonicalJson({ mode, name, profile, steps, constants, differs, audited })
    rules.push({ name: 'benchmark', says, rule: general(made) })
  }
  return composeNamed(rules)
}
