// What a project's history teaches: with the learned lag the rule stops no past winner, and little history teaches nothing.
// Not the noise between seeds, which profile.test.ts holds.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BenchmarkState, benchmark } from './benchmark.ts'
import { evaluated, feed } from './events.fixture.ts'
import { learned } from './learn.ts'
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
  short: { from: 1, pace: 0 },
  remaining: 0,
  swing: 1e9,
  warmUp: 0.15,
  hold: { evaluations: 2, fraction: 0.05 },
}
/** Stands where the benchmark was at `lag` of its time, and wins in the end all the same. */
const late = (lag: number) => curve((x) => (x < 0.9 ? good(lag * x) : 2))
const lost = curve(() => 0.01)
const learn = (lags: readonly number[], others: number, c = constants) =>
  learned({
    direction: 'max',
    profile,
    finished: [...lags.map(late), ...Array.from({ length: others }, () => lost)],
    constants: c,
    alpha: 0.01,
  })

describe('what is learned', () => {
  test('little history, or few winners, teach nothing', () => {
    const lags = Array.from({ length: 12 }, () => 0.5)
    expect(learn(lags, 27)).toEqual({ lag: null, pace: null })
    expect(learn(lags, 28).lag).not.toBeNull()
    expect(learn(lags.slice(0, 9), 40).lag).toBeNull()
  })
  test('the smallest lag that a winner has held; runs that lost do not lower it', () => {
    const lags = [0.3, 0.4, ...Array.from({ length: 10 }, () => 0.6)]
    // the benchmark is looked at where its seeds were: the lag is at most one of their evaluations above
    expect(learn(lags, 40).lag).toBeGreaterThanOrEqual(0.3)
    expect(learn(lags, 40).lag).toBeLessThan(0.5)
    expect(learn(lags.slice(2).concat(0.6, 0.6), 40).lag).toBeGreaterThan(learn(lags, 40).lag!)
  })
  test('the pace that a winner has found: nothing is asked that a past winner did not need', () => {
    const c = { ...constants, short: { from: 0.3, pace: 1.5 } }
    // they stand still, and gain all that is missing in the last tenth
    const still = Array.from({ length: 12 }, () => curve((x) => (x < 0.9 ? good(Math.min(x, 0.25)) : 2)))
    const early = Array.from({ length: 12 }, () => curve((x) => good(x) + 0.1))
    const from = (winners: typeof still) =>
      learned({
        direction: 'max',
        profile,
        finished: [...winners, ...Array.from({ length: 40 }, () => lost)],
        constants: c,
        alpha: 0.01,
      })
    expect(from(still).pace).toBe(Number.POSITIVE_INFINITY)
    expect(from(early).pace).toBeLessThan(1.5)
  })
  test('property: with what is learned, no past winner would have been stopped', () => {
    const some = fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 10, maxLength: 20 })
    const shorts = fc.record({ from: fc.double({ min: 0.15, max: 1, noNaN: true }), pace: fc.constantFrom(0, 1.5) })
    fc.assert(
      fc.property(some, shorts, (lags, short) => {
        const c = { ...constants, short }
        const { lag, pace } = learn(lags, 40, c)
        const rule = benchmark({
          mode: 'stop',
          name: 'b',
          profile,
          objective: { name: 'v', direction: 'max' },
          steps: 40,
          constants: {
            ...c,
            lag: { start: lag!, end: lag! },
            short: { from: short.from, pace: Math.max(short.pace, pace!) },
          },
        })
        for (const own of lags) {
          const events = late(own).map(({ fraction, value }) => evaluated(Math.round(40 * fraction), { v: value }))
          const { decisions } = feed<BenchmarkState>(rule, events, rule.init)
          expect(decisions.filter(({ action }) => action === 'stop')).toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  })
})
