// The budget: steps, minutes, money and energy that a run may use. It ends a run that has spent it.
// Not a forecast: that is made before training, and blocks what could never fit.
import type { Decision, RunFile, StopMode } from '../contract/index.ts'
import type { Rule } from './rule.ts'
import { figure } from './sentence.ts'

export type Budget = NonNullable<RunFile['stop']['budget']>

export type BudgetState = {
  /** Seconds of steps and evaluations that the journal tells, over all times the run was resumed. */
  readonly seconds: number
  readonly said: readonly string[]
}

type Spent = { readonly name: string; readonly used: number; readonly limit: number; readonly words: string }

const spentOf = (budget: Budget, seconds: number, step: number): Spent[] => {
  const hours = seconds / 3600
  const { steps, minutes, cost, energy } = budget
  const money = cost === null ? 0 : hours * cost.per_hour
  const energyUsed = energy === null ? 0 : (hours * energy.watts) / 1000
  return [
    ...(steps === null ? [] : [{ name: 'steps', used: step, limit: steps, words: `${step} of ${steps} steps` }]),
    ...(minutes === null
      ? []
      : [
          {
            name: 'minutes',
            used: seconds / 60,
            limit: minutes,
            words: `${figure(seconds / 60)} of ${figure(minutes)} minutes`,
          },
        ]),
    ...(cost === null
      ? []
      : [
          {
            name: 'cost',
            used: money,
            limit: cost.limit,
            words: `${figure(money)} of ${figure(cost.limit)} at ${figure(cost.per_hour)} an hour`,
          },
        ]),
    ...(energy === null
      ? []
      : [
          {
            name: 'energy',
            used: energyUsed,
            limit: energy.kilowatt_hours,
            words: `${figure(energyUsed)} of ${figure(energy.kilowatt_hours)} kWh at ${figure(energy.watts)} W`,
          },
        ]),
  ]
}

/**
 * Ends the run once a limit is reached, under `advise` too: a limit that somebody wrote down is no advice. Under `off` it is
 * said, once a limit. Said once: a run that is resumed after it goes on to its end.
 */
export const budgetRule = (o: { mode: StopMode; budget: Budget }): Rule<BudgetState> => ({
  init: { seconds: 0, said: [] },
  update: (state, event) => {
    if (event.type === 'evaluated') return spend(o, state, event.step, event.seconds)
    if (event.type !== 'steps') return [state, []]
    let now = state
    const decisions: Decision[] = []
    // one by one: how steps are grouped into events must change nothing
    for (const { step, seconds, wait } of event.records) {
      const [next, said] = spend(o, now, step, seconds + wait)
      now = next
      decisions.push(...said)
    }
    return [now, decisions]
  },
})

const spend = (
  o: { mode: StopMode; budget: Budget },
  state: BudgetState,
  step: number,
  passed: number,
): readonly [BudgetState, readonly Decision[]] => {
  const seconds = state.seconds + passed
  const over = spentOf(o.budget, seconds, step).filter((s) => s.used >= s.limit && !state.said.includes(s.name))
  const decisions = over.map(
    (s): Decision => ({
      action: o.mode === 'off' ? 'advise' : 'stop',
      reason: 'budget',
      sentence: `the budget is spent: ${s.words}`,
      numbers: { step, seconds, used: s.used, limit: s.limit },
    }),
  )
  return [{ seconds, said: [...state.said, ...over.map((s) => s.name)] }, decisions]
}
