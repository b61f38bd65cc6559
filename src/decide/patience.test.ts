// Patience: direction, ties, NaN, min delta, and patience after a stop was undone.
// Not the hard stops.
import { describe, expect, test } from 'vitest'
import { evaluated, feed } from './events.fixture.ts'
import { patience } from './patience.ts'

const make = (over: object = {}) =>
  patience({
    mode: 'stop',
    evaluations: 3,
    minDelta: 0,
    objective: { name: 'val_accuracy', direction: 'max' },
    ...over,
  })
const stream = (name: string, ...values: number[]) => values.map((v, i) => evaluated(i + 1, { [name]: v }))
const decide = (rule: ReturnType<typeof make>, events: ReturnType<typeof stream>) =>
  feed(rule, events, rule.init).decisions

describe('patience', () => {
  test('stops after so many evaluations without improvement', () => {
    expect(decide(make(), stream('val_accuracy', 0.9, 0.8, 0.9))).toEqual([])
    const decisions = decide(make(), stream('val_accuracy', 0.5, 0.9, 0.8, 0.85, 0.9))
    expect(decisions).toEqual([
      {
        action: 'stop',
        reason: 'patience',
        sentence: 'val_accuracy did not improve in 3 evaluations: 0.9 now, best 0.9 at step 2',
        numbers: { step: 5, value: 0.9, evaluations: 3, best: 0.9, bestStep: 2 },
      },
    ])
  })
  test('knows the direction', () => {
    const falling = make({ objective: { name: 'val_loss', direction: 'min' } })
    expect(decide(falling, stream('val_loss', 4, 3, 2, 1, 0.5, 0.1))).toEqual([])
    expect(decide(falling, stream('val_loss', 1, 2, 3, 4))).toHaveLength(1)
  })
  test('an improvement within min_delta is none, but slow progress adds up', () => {
    const rule = make({ minDelta: 0.1 })
    expect(decide(rule, stream('val_accuracy', 0.5, 0.51, 0.52, 0.53))).toHaveLength(1)
    expect(decide(rule, stream('val_accuracy', 0.5, 0.55, 0.61, 0.66, 0.72))).toEqual([])
  })
  test('NaN and infinities never improve', () => {
    expect(decide(make(), stream('val_accuracy', Number.NaN, Number.NaN, Number.POSITIVE_INFINITY))[0]?.sentence).toBe(
      'val_accuracy did not improve in 3 evaluations: Infinity now, it never was a finite number',
    )
  })
  test('evaluations without the objective do not count', () => {
    expect(decide(make(), [...stream('val_accuracy', 0.9), ...stream('test_accuracy', 1, 1, 1, 1)])).toEqual([])
  })
  test('an objective that every object seems to have', () => {
    const rule = make({ objective: { name: 'constructor', direction: 'max' } })
    expect(decide(rule, stream('val_accuracy', 1, 1, 1, 1))).toEqual([])
    expect(decide(rule, stream('constructor', 1, 1, 1, 1))).toHaveLength(1)
  })
  test('a resumed run gets the same patience again', () => {
    const rule = make()
    const decisions = decide(rule, stream('val_accuracy', 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1))
    expect(decisions.map((d) => d.numbers.evaluations)).toEqual([3, 6])
  })
  test('advise advises, off is silent', () => {
    const flat = stream('val_accuracy', 0.9, 0.1, 0.1, 0.1)
    expect(decide(make({ mode: 'advise' }), flat).map((d) => d.action)).toEqual(['advise'])
    expect(decide(make({ mode: 'off' }), flat)).toEqual([])
  })
})
