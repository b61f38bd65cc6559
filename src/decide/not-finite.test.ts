// NaN and infinity as hard stops, and the cases that must not stop.
// Not divergence.
import { describe, expect, test } from 'vitest'
import { evaluated, feed, record, steps } from './events.fixture.ts'
import { notFinite } from './not-finite.ts'

const objective = { name: 'val_accuracy', direction: 'max' } as const
const rule = notFinite({ mode: 'advise', objective })

describe('notFinite', () => {
  test('stops at the first NaN loss and names its step', () => {
    const { decisions } = feed(rule, [steps(2.3, 2.1, Number.NaN, Number.NaN)], rule.init)
    expect(decisions).toEqual([
      {
        action: 'stop',
        reason: 'not-finite',
        sentence: 'training loss is NaN at step 3',
        numbers: { step: 3, loss: Number.NaN },
      },
    ])
  })
  test('names the term that broke', () => {
    const broken = {
      ...record(4, Number.POSITIVE_INFINITY),
      terms: { reconstruction: 3, kl: Number.POSITIVE_INFINITY },
    }
    const [, decisions] = rule.update(rule.init, { type: 'steps', records: [broken] })
    expect(decisions[0]?.sentence).toBe('training loss is Infinity at step 4; its term kl is Infinity')
  })
  test('stops on a loss metric and on the objective', () => {
    for (const name of ['val_loss', 'val_accuracy'])
      expect(feed(rule, [evaluated(5, { [name]: Number.NaN })], rule.init).decisions[0]?.action).toBe('stop')
  })
  test('advises once on another metric', () => {
    const events = [evaluated(5, { val_f1: Number.NaN }), evaluated(6, { val_f1: Number.NaN })]
    expect(feed(rule, events, rule.init).decisions.map((d) => d.action)).toEqual(['advise'])
  })
  test('steps that a loss scaler skipped do no harm, unless it never recovers', () => {
    const skips = (n: number) => ({
      type: 'steps' as const,
      records: Array.from({ length: n }, (_, i) => record(i + 1, Number.NaN, 'skipped')),
    })
    expect(feed(rule, [skips(30), steps(2.3), skips(30)], rule.init).decisions).toEqual([])
    expect(feed(rule, [skips(51)], rule.init).decisions[0]?.sentence).toBe(
      'training loss is NaN at step 51; 51 steps in a row were skipped by the loss scaler',
    )
  })
  test('mode off speaks once and stops nothing', () => {
    const off = notFinite({ mode: 'off', objective })
    const { decisions } = feed(off, [steps(Number.NaN), steps(Number.NaN)], off.init)
    expect(decisions.map((d) => d.action)).toEqual(['advise'])
  })
  test('finite runs are silent', () => {
    expect(
      feed(rule, [steps(2.3, -4, 0), evaluated(3, { val_loss: 0, val_accuracy: 1 })], rule.init).decisions,
    ).toEqual([])
  })
})
