// GL, PQ and UP against numbers worked out by hand, and when they are silent.
// Not patience.
import { describe, expect, test } from 'vitest'
import { evaluated, feed, steps } from './events.fixture.ts'
import { type PrecheltState, prechelt } from './prechelt.ts'

const make = (over: object) => prechelt({ mode: 'stop', gl: null, pq: null, up: null, strip: 2, ...over })
/** Training loss, then validation loss, an evaluation each. */
const decide = (rule: ReturnType<typeof make>, pairs: readonly (readonly [number, number])[]) =>
  feed<PrecheltState>(
    rule,
    pairs.flatMap(([training, validation], i) => [steps(training), evaluated(i + 1, { val_loss: validation })]),
    rule.init,
  ).decisions

describe('prechelt', () => {
  test('GL: percent over the lowest', () => {
    const rule = make({ gl: 9 })
    expect(
      decide(rule, [
        [1, 2],
        [1, 1],
        [1, 1.08],
      ]),
    ).toEqual([])
    expect(
      decide(rule, [
        [1, 2],
        [1, 1],
        [1, 1.1],
      ]),
    ).toMatchObject([
      {
        action: 'stop',
        reason: 'generalisation-loss',
        sentence: 'val_loss 1.1 is 10% over its lowest, 1; 9% is allowed',
      },
    ])
  })
  test('PQ: GL over the training progress of the strip', () => {
    // progress 1000 × (1.05 / 1 − 1) = 50 ‰, GL 20%: quotient 0.4
    const pairs = [
      [2, 1],
      [2, 1],
      [1.1, 1],
      [1, 1.2],
    ] as const
    expect(decide(make({ pq: 0.39 }), pairs)[0]?.numbers.quotient).toBeCloseTo(0.4)
    expect(decide(make({ pq: 0.41 }), pairs)).toEqual([])
    // a strip that stands still has no progress to divide by: patience ends such a run
    expect(
      decide(make({ pq: 0.1 }), [
        [1, 1],
        [1, 2],
      ]),
    ).toEqual([])
  })
  test('UP: worse from strip to strip, so many times in a row', () => {
    const rise = [1, 1, 1, 2, 2, 3].map((v) => [1, v] as const)
    expect(decide(make({ up: 2 }), rise)).toMatchObject([
      { reason: 'successive-increase', numbers: { strips: 2, step: 6 } },
    ])
    const broken = [1, 2, 1, 3, 1, 2].map((v) => [1, v] as const)
    expect(decide(make({ up: 2 }), broken)).toEqual([])
  })
  test('each is said once, so that a resumed run goes on; advise advises, off is silent', () => {
    const flat = [
      [1, 1],
      [1, 2],
      [1, 3],
    ] as const
    expect(decide(make({ gl: 5 }), flat)).toHaveLength(1)
    expect(decide(make({ gl: 5, mode: 'advise' }), flat)[0]?.action).toBe('advise')
    expect(decide(make({ gl: 5, mode: 'off' }), flat)).toEqual([])
  })
  test('losses below zero have no ratio; NaN is the hard stop’s', () => {
    expect(
      decide(make({ gl: 1, pq: 1 }), [
        [-1, -5],
        [-1, -1],
        [1, Number.NaN],
        [-2, 3],
      ]),
    ).toEqual([])
  })
})
