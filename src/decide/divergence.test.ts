// Divergence against what only looks like it: spikes, overfitting, negative losses.
// Not NaN.
import { describe, expect, test } from 'vitest'
import { divergence } from './divergence.ts'
import { evaluated, feed, steps } from './events.fixture.ts'

const rule = divergence({ mode: 'advise', factor: 10 })
const run = (n: number, loss: number) => steps(...Array.from({ length: n }, () => loss))
const start = [run(20, 2.3), evaluated(20, { val_loss: 1 })]

describe('divergence', () => {
  test('training loss over the limit for 50 steps in a row stops', () => {
    const { decisions } = feed(rule, [...start, run(49, 11), run(1, 12)], rule.init)
    expect(decisions).toHaveLength(1)
    expect(decisions[0]).toMatchObject({
      action: 'stop',
      reason: 'divergence',
      numbers: { limit: 10, loss: 12, steps: 50 },
    })
    expect(decisions[0]?.sentence).toBe(
      'training loss is over 10 (10 × the first val_loss) for 50 steps in a row; 12 at step 1',
    )
  })
  test('a spike that heals does not', () => {
    expect(feed(rule, [...start, run(49, 1e9), run(1, 9), run(49, 1e9)], rule.init).decisions).toEqual([])
  })
  test('validation loss over the limit at two evaluations in a row stops', () => {
    const up = (step: number) => [run(10, 5), evaluated(step, { val_loss: 30 })]
    expect(feed(rule, [...start, ...up(30)], rule.init).decisions).toEqual([])
    const { decisions } = feed(rule, [...start, ...up(30), ...up(40)], rule.init)
    expect(decisions.map((d) => d.action)).toEqual(['stop'])
  })
  test('overfitting is not divergence: the training loss is low', () => {
    const over = [run(10, 0.01), evaluated(30, { val_loss: 30 })]
    expect(feed(rule, [...start, ...over, ...over, ...over], rule.init).decisions).toEqual([])
  })
  test('a run that has diverged before its first evaluation is seen by the loss it began with', () => {
    expect(feed(rule, [run(10, 2), run(50, 250)], rule.init).decisions[0]?.sentence).toContain(
      '100 × the loss at the start',
    )
    const blown = [
      run(10, 2),
      run(5, 300),
      evaluated(15, { val_loss: 400 }),
      run(5, 300),
      evaluated(20, { val_loss: 400 }),
    ]
    expect(feed(rule, blown, rule.init).decisions.map((d) => d.reason)).toEqual(['divergence'])
  })
  test('negative and zero losses have no ratio: silent', () => {
    for (const first of [-3, 0])
      expect(
        feed(rule, [run(10, first), evaluated(1, { val_loss: first }), run(200, 1e6)], rule.init).decisions,
      ).toEqual([])
  })
  test('mode off speaks once', () => {
    const off = divergence({ mode: 'off', factor: 10 })
    expect(feed(off, [...start, run(200, 1e3)], off.init).decisions.map((d) => d.action)).toEqual(['advise'])
  })
})
