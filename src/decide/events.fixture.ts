// Events for the tests of the rules, made from the few numbers that matter.
// Not part of the product: nothing but tests imports it.
import fc from 'fast-check'
import type { Decision, RunEvent, StepRecord } from '../contract/index.ts'
import type { Rule } from './rule.ts'

export const record = (step: number, loss: number, outcome: 'applied' | 'skipped' = 'applied'): StepRecord => ({
  step,
  epoch: 1,
  loss,
  terms: { loss },
  updates: [{ optimizer: 'main', outcome, learningRates: [1e-3], gradientNorm: null }],
  samples: { count: 8, digest: 'd' },
  seconds: 0.01,
  wait: 0,
})

export const steps = (...losses: number[]): RunEvent => ({
  type: 'steps',
  records: losses.map((loss, i) => record(i + 1, loss)),
})

export const evaluated = (step: number, metrics: Record<string, number>): RunEvent => ({
  type: 'evaluated',
  step,
  epoch: 1,
  metrics,
  samples: 10,
  seconds: 0.1,
})

/** Feeds events to a rule from `state` on; gives the last state and the decisions of each event. */
export const feed = <S>(
  rule: Pick<Rule, 'init'> & { update(state: S, event: RunEvent): readonly [S, readonly Decision[]] },
  events: readonly RunEvent[],
  from: S,
): { state: S; decisions: Decision[] } => {
  let state = from
  const decisions: Decision[] = []
  for (const event of events) {
    const [next, said] = rule.update(state, event)
    state = next
    decisions.push(...said)
  }
  return { state, decisions }
}

/** Any value a training run can produce, odd ones often. */
export const value = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0, max: 50, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, 1, 2.3, 1e30) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
)

const anyStep = fc
  .tuple(fc.nat(500), value, fc.constantFrom('applied' as const, 'skipped' as const))
  .map(([step, loss, outcome]) => record(step, loss, outcome))

export const anyEvent: fc.Arbitrary<RunEvent> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(anyStep, { maxLength: 80 }).map((records): RunEvent => ({ type: 'steps', records })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(500), fc.record({ val_loss: value, val_accuracy: value, val_f1: value }, { requiredKeys: [] }))
      .map(([step, metrics]) => evaluated(step, metrics as Record<string, number>)),
  },
  {
    weight: 1,
    arbitrary: fc.constant<RunEvent>({ type: 'resumed', fromStep: 3, fromEpoch: 1, checkpoint: 'a', passedOver: [] }),
  },
)
