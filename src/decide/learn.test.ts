// What a project's history teaches: with the learned lag the rule stops no past winner, and little history teaches nothing.
// Not the noise between seeds, which profile.test.ts holds.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BenchmarkState, benchmark } from './benchmark.ts'
import { evaluated, feed } from './events.fixture.ts'
import { learnedLag } from './learn.ts'
import { profileOf } from './profile.ts'

const xs = Array.from({ length: 40 }, (_, i) => (i + 1) / 40)
const good = (x: number) => 1 - 2 ** (-8 * x)
const curve = (value: (x: number) => number) => xs.map((fraction) => ({ fraction, value: value(fraction) }))
const profile = profileOf({ direction: 'max', curves: [0, 0.002, -0.002].map((s) => curve((x) => good(x) + s)) })!
const constants = {
  minDelta: 0,
  z: 3,
  lag: { start: 1, end: 1 },
  pace: 0,
  remaining: 0,
  swing: 1e9,
  warmUp: 0.15,
  hold: { evaluations: 2, fraction: 0.05 },
}
/** Stands where the benchmark was at `lag` of its time, and wins in the end all the same. */
const late = (lag: number) => curve((x) => (x < 0.9 ? good(lag * x) : 2))
const lost = curve(() => 0.01)
const learn = (lags: readonly number[], others: number) =>
  learnedLag({
    direction: 'max',
    profile,
    finished: [...lags.map(late), ...Array.from({ length: others }, () => lost)],
    constants,
    alpha: 0.01,
  })

describe('learnedLag', () => {
  test('little history, or few winners, teach nothing', () => {
    const lags = Array.from({ length: 12 }, () => 0.5)
    expect(learn(lags, 27)).toBeNull()
    expect(learn(lags, 28)).not.toBeNull()
    expect(learn(lags.slice(0, 9), 40)).toBeNull()
  })
  test('the smallest lag that a winner has held; runs that lost do not lower it', () => {
    const lags = [0.3, 0.4, ...Array.from({ length: 10 }, () => 0.6)]
    // the benchmark is looked at where its seeds were: the lag is at most one of their evaluations above
    expect(learn(lags, 40)).toBeGreaterThanOrEqual(0.3)
    expect(learn(lags, 40)).toBeLessThan(0.5)
    expect(learn(lags.slice(2).concat(0.6, 0.6), 40)).toBeGreaterThan(learn(lags, 40)!)
  })
  test('property: with the learned lag, no past winner would have been stopped', () => {
    const some = fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 10, maxLength: 20 })
    fc.assert(
      fc.property(some, (lags) => {
        const lag = learn(lags, 40)!
        const rule = benchmark({
          mode: 'stop',
          name: 'b',
          profile,
          objective: { name: 'v', direction: 'max' },
          steps: 40,
          constants: { ...constants, lag: { start: lag, end: lag } },
        })
        for (const own of lags) {
          const events = late(own).map(({ fraction, value }) => evaluated(Math.round(40 * fraction), { v: value }))
          const { decisions } = feed<BenchmarkState>(rule, events, rule.init)
          expect(decisions.filter(({ action }) => action === 'stop')).toEqual([])
        }
      }),
      { numRuns: 40 },
    )
  })
})
