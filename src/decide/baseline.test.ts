// Where the run stands against an earlier one, in words and numbers; it never stops.
// Not a test of any stopping rule.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseline } from './baseline.ts'
import { anyEvent, evaluated, feed, value } from './events.fixture.ts'

const make = (over: object = {}) =>
  baseline({
    name: 'mnist-cnn-3b2a',
    objective: { name: 'val_accuracy', direction: 'max' },
    steps: 100,
    curve: [
      { fraction: 0.15, value: 0.9 },
      { fraction: 0.4, value: 0.95 },
      { fraction: 0.7, value: 0.94 },
      { fraction: 1, value: 0.99 },
    ],
    ...over,
  })
const at = (step: number, accuracy: number) => {
  const rule = make()
  return feed(rule, [evaluated(step, { val_accuracy: accuracy })], rule.init).decisions[0]
}

describe('baseline', () => {
  test('behind: where the baseline was', () => {
    expect(at(42, 0.9)).toMatchObject({
      action: 'advise',
      reason: 'baseline',
      sentence: 'at 42% you are where mnist-cnn-3b2a was at 15%: val_accuracy 0.9, there 0.95',
      numbers: { step: 42, fraction: 0.42, value: 0.9, baseline: 0.95, reachedAt: 0.15 },
    })
  })
  test('behind its first point, level, ahead, past its best', () => {
    expect(at(42, 0.5)?.sentence).toBe(
      'at 42% you are behind where mnist-cnn-3b2a was at 15%: val_accuracy 0.5, there 0.95',
    )
    expect(at(42, 0.95)).toMatchObject({
      action: 'go-on',
      sentence: 'at 42% you are level with mnist-cnn-3b2a: val_accuracy 0.95',
    })
    expect(at(42, 0.96)).toMatchObject({
      action: 'go-on',
      sentence: 'at 42% you are where mnist-cnn-3b2a was at 100%: val_accuracy 0.96, there 0.95',
    })
    expect(at(42, 0.995)?.sentence).toBe(
      'at 42% you are past the best of mnist-cnn-3b2a: val_accuracy 0.995, there 0.95',
    )
  })
  test('compares best-so-far on both sides', () => {
    const rule = make()
    const { decisions } = feed(
      rule,
      [evaluated(50, { val_accuracy: 0.96 }), evaluated(80, { val_accuracy: 0.2 })],
      rule.init,
    )
    expect(decisions[1]?.numbers).toMatchObject({ value: 0.96, baseline: 0.95 })
  })
  test('silent before the first point of the baseline and without a number of its own', () => {
    expect(at(14, 0.5)).toBeUndefined()
    expect(at(50, Number.NaN)).toBeUndefined()
    const rule = make({ curve: [{ fraction: 0, value: 0.1 }] })
    expect(feed(rule, [evaluated(0, { val_accuracy: 0.1 })], rule.init).decisions).toEqual([])
  })
  test('lower is better where the objective says so', () => {
    const rule = make({
      objective: { name: 'val_loss', direction: 'min' },
      curve: [
        { fraction: 0.5, value: 0.3 },
        { fraction: 0.1, value: 1 },
      ],
    })
    const { decisions } = feed(rule, [evaluated(50, { val_loss: 1 })], rule.init)
    expect(decisions[0]?.sentence).toBe('at 50% you are where mnist-cnn-3b2a was at 10%: val_loss 1, there 0.3')
  })
  test('property: never stops, and at most once an evaluation', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ fraction: value, value })), fc.array(anyEvent), (curve, events) => {
        const rule = make({ curve })
        const { decisions } = feed(rule, events, rule.init)
        expect(decisions.every((d) => d.action !== 'stop')).toBe(true)
        expect(decisions.length).toBeLessThanOrEqual(events.filter((e) => e.type === 'evaluated').length)
      }),
    )
  })
})
