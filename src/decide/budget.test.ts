// Limits of steps, minutes, money and energy: reached exactly, said once, in every mode.
// Not the forecast before a run.
import { describe, expect, test } from 'vitest'
import { type Budget, type BudgetState, budgetRule } from './budget.ts'
import { evaluated, feed, record } from './events.fixture.ts'

const none: Budget = { steps: null, minutes: null, cost: null, energy: null }
const run = (budget: Partial<Budget>, mode: 'off' | 'advise' | 'stop' = 'advise') => {
  const rule = budgetRule({ mode, budget: { ...none, ...budget } })
  // 60 s a step, and 60 s for the evaluation after two
  const slow = (step: number) => ({ ...record(step, 1), seconds: 59, wait: 1 })
  const events = [
    { type: 'steps' as const, records: [slow(1), slow(2)] },
    { ...evaluated(2, { val_loss: 1 }), seconds: 60 } as const,
    { type: 'steps' as const, records: [slow(3), slow(4)] },
  ]
  return feed<BudgetState>(rule, events as Parameters<typeof feed>[1] as never, rule.init).decisions
}

describe('budget', () => {
  test.each([
    ['steps', { steps: 3 }, 3, 'the budget is spent: 3 of 3 steps'],
    ['minutes', { minutes: 3 }, 2, 'the budget is spent: 3 of 3 minutes'],
    ['money', { cost: { limit: 0.1, per_hour: 2 } }, 2, 'the budget is spent: 0.1 of 0.1 at 2 an hour'],
    ['energy', { energy: { kilowatt_hours: 0.02, watts: 300 } }, 3, 'the budget is spent: 0.02 of 0.02 kWh at 300 W'],
  ])('%s', (_, budget, step, sentence) => {
    const decisions = run(budget)
    expect(decisions).toHaveLength(1)
    expect(decisions[0]).toMatchObject({ action: 'stop', reason: 'budget', sentence, numbers: { step } })
  })
  test('off only says so; what is not reached is silent', () => {
    expect(run({ steps: 1 }, 'off')[0]?.action).toBe('advise')
    expect(run({ steps: 5, minutes: 100 })).toEqual([])
  })
})
