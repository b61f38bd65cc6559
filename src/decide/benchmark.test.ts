// The benchmark rule: what it says at each evaluation, when it gives its verdict, when it must not, and after an undone stop.
// Not how well it does on real curves: replay/ and bench/stopping.ts measure that.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Direction, StopMode } from '../contract/index.ts'
import { type BenchmarkState, benchmark } from './benchmark.ts'
import { anyEvent, evaluated, feed, value } from './events.fixture.ts'
import { profileOf } from './profile.ts'

const constants = {
  minDelta: 0,
  z: 3,
  lag: { start: 0.2, end: 0.6 },
  pace: 1,
  remaining: 0.75,
  short: { from: 1, pace: 1.5 },
  swing: 1,
  warmUp: 0.2,
  hold: { evaluations: 2, fraction: 0.05 },
}
/** Three seeds that rise like 1 − 2^(−8x), a hundredth apart. */
const seeds = [-0.01, 0, 0.01].map((shift) =>
  Array.from({ length: 20 }, (_, i) => ({ fraction: (i + 1) / 20, value: 1 - 2 ** (-0.4 * (i + 1)) + shift })),
)
const make = (over: object = {}, curves = seeds, direction: Direction = 'max') =>
  benchmark({
    mode: 'stop' as StopMode,
    name: 'cnn@2',
    profile: profileOf({ direction, curves })!,
    objective: { name: 'val_accuracy', direction },
    steps: 100,
    constants,
    ...over,
  })
const run = (rule: ReturnType<typeof make>, values: (x: number) => number, every = 5) => {
  const events = Array.from({ length: 100 / every }, (_, i) => (i + 1) * every).map((step) =>
    evaluated(step, { val_accuracy: values(step / 100) }),
  )
  return feed<BenchmarkState>(rule, events, rule.init)
}
const verdicts = (o: ReturnType<typeof run>) => o.decisions.filter(({ reason }) => reason === 'benchmark')
const hopeless = (x: number) => 0.3 - 0.1 * 2 ** (-20 * x)

describe('where it stands', () => {
  const at = (step: number, accuracy: number) => {
    const rule = make()
    return feed<BenchmarkState>(rule, [evaluated(step, { val_accuracy: accuracy })], rule.init).decisions[0]
  }
  test('behind, level, ahead, past its best', () => {
    expect(at(50, 0.7)).toMatchObject({
      action: 'advise',
      reason: 'baseline',
      sentence: 'at 50% you are where cnn@2 was at 25%: val_accuracy 0.7, there 0.9375',
      numbers: { step: 50, fraction: 0.5, value: 0.7, reachedAt: 0.25, lag: 0.5 },
    })
    expect(at(50, 0.1)?.sentence).toBe('at 50% you are behind where cnn@2 was at 5%: val_accuracy 0.1, there 0.9375')
    expect(at(50, 0.96)?.action).toBe('go-on')
    expect(at(50, 1.2)?.sentence).toContain('past the best of cnn@2')
  })
  test('silent before the first point of the benchmark, without a number, and before the first step', () => {
    expect(at(4, 0.1)).toBeUndefined()
    expect(at(50, Number.NaN)).toBeUndefined()
    expect(at(0, 0.1)).toBeUndefined()
  })
})

describe('the verdict', () => {
  test('far behind, far back, not catching up, for long enough: stop, with all its numbers', () => {
    const [verdict, ...rest] = verdicts(run(make(), hopeless))
    expect(verdict).toMatchObject({ action: 'stop', reason: 'benchmark' })
    // 10% of 35% is below the ramp for the first time, and of 40% for the second
    expect(verdict?.numbers).toMatchObject({ step: 40, held: 2, seeds: 3 })
    expect(verdict?.sentence).toMatch(
      /^at 40% you are where cnn@2 was at 10%: .*; the gap is [\d.]+ × noise \(3\.464 needed\) and [\d.]+ × what was still to be gained; to catch up it would have to improve [\d.]+ × as fast as of late; so for 2 evaluations, 5% of the run$/,
    )
    // the run goes on, as after a resume: advice from then on
    expect(rest.length).toBeGreaterThan(0)
    expect(rest.every(({ action }) => action === 'advise')).toBe(true)
  })
  test.each([
    ['within noise', { constants: { ...constants, z: 200 } }, hopeless],
    ['smaller than what matters', { constants: { ...constants, minDelta: 0.9 } }, hopeless],
    ['catching up', {}, (x: number) => x],
    ['not far back', {}, (x: number) => 1 - 2 ** (-7 * x)],
    ['small against what is still to be gained', { constants: { ...constants, remaining: 1e6 } }, hopeless],
    ['swings as wide as the gap', {}, (x: number) => (Math.round(100 * x) % 10 === 0 ? 0.3 : -2)],
    ['one bad evaluation heals', {}, (x: number) => (x < 0.22 ? 0.3 : 0.99)],
  ])('%s: none', (_, over, curve) => {
    expect(verdicts(run(make(over), curve))).toEqual([])
  })
  test('ahead of the benchmark, but slowed down too much to come to where it ended: stop, from `short.from` on', () => {
    // the benchmark rises evenly; this one is far ahead early, and stands still at 0.8
    const even = [-0.01, 0, 0.01].map((shift) =>
      seeds[0]!.map(({ fraction }) => ({ fraction, value: fraction + shift })),
    )
    const c = { ...constants, short: { from: 0.4, pace: 1.5 } }
    const flat = (x: number) => Math.min(3 * x, 0.8)
    const [verdict] = verdicts(run(make({ constants: c }, even), flat))
    expect(verdict).toMatchObject({ action: 'stop', numbers: { step: 55, gap: expect.any(Number) } })
    expect(verdict?.numbers.gap).toBeLessThan(0)
    expect(verdict?.sentence).toMatch(
      /^at 55% you are where cnn@2 was at 80%: .*; cnn@2 ended better than that by 20 × noise \(3\.464 needed\); to get there it .*; so for 2 evaluations, 5% of the run$/,
    )
    expect(verdicts(run(make({ constants: { ...c, short: { from: 1, pace: 1.5 } } }, even), flat))).toEqual([])
    // as good as it gets, or still rising as the benchmark did: nothing to say
    expect(verdicts(run(make({ constants: c }, even), (x) => Math.min(3 * x, 0.98)))).toEqual([])
    expect(verdicts(run(make({ constants: c }, even), (x) => 0.99 * x + 0.01))).toEqual([])
  })
  test('where the benchmark itself had to speed up, a run may have to as well', () => {
    // flat in the middle, and most is gained in the last tenth, as where a rate falls
    const surge = (x: number) => Math.min(x, 0.2) + 0.1 * x + (x > 0.9 ? 8 * (x - 0.9) : 0)
    const late = [-0.001, 0, 0.001].map((shift) => seeds[0]!.map((p) => ({ ...p, value: surge(p.fraction) + shift })))
    const c = { ...constants, remaining: 1e9, short: { from: 0.4, pace: 1.5 } }
    expect(verdicts(run(make({ constants: c }, late), (x) => surge(x) + 0.05))).toEqual([])
    expect(verdicts(run(make({ constants: c }, late), (x) => Math.min(x, 0.3)))).not.toEqual([])
  })
  test('one seed and no history: no noise to measure by, so never', () => {
    expect(verdicts(run(make({}, seeds.slice(0, 1)), hopeless))).toEqual([])
  })
  test('one seed and the project’s noise: it may', () => {
    const project = Array.from({ length: 10 }, () => 0.01)
    const profile = profileOf({ direction: 'max', curves: seeds.slice(0, 1), project })!
    expect(verdicts(run(make({ profile }), hopeless))[0]?.action).toBe('stop')
  })
  test('not comparable: advice, saying in what', () => {
    const [verdict] = verdicts(run(make({ differs: ['validation data'] }), hopeless))
    expect(verdict?.action).toBe('advise')
    expect(verdict?.sentence).toMatch(/advice only: not comparable in validation data$/)
  })
  test('an audited run goes on', () => {
    const [verdict] = verdicts(run(make({ audited: true }), hopeless))
    expect(verdict).toMatchObject({ action: 'advise', numbers: { audited: 1 } })
  })
  test('advise advises; off says only where it stands', () => {
    expect(verdicts(run(make({ mode: 'advise' }), hopeless))[0]?.action).toBe('advise')
    const off = run(make({ mode: 'off' }), hopeless)
    expect(verdicts(off)).toEqual([])
    expect(off.decisions.length).toBeGreaterThan(0)
  })
  test('lower is better where the objective says so: the mirrored run gets the mirrored verdict', () => {
    const mirrored = seeds.map((curve) => curve.map((p) => ({ ...p, value: -p.value })))
    const max = verdicts(run(make(), hopeless))
    const min = verdicts(run(make({}, mirrored, 'min'), (x) => -hopeless(x)))
    expect(min.map(({ action, numbers }) => [action, numbers.step, numbers.lag, numbers.pace])).toEqual(
      max.map(({ action, numbers }) => [action, numbers.step, numbers.lag, numbers.pace]),
    )
  })
  test('property: a run that is never behind gets no verdict; at most one stop in any stream', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.array(anyEvent), (values, events) => {
        const profile = profileOf({
          direction: 'max',
          curves: [0, 1e-3].map((s) => values.map((v, i) => ({ fraction: (i + 1) / values.length, value: v + s }))),
        })
        if (profile === null) return
        const rule = make({ profile, objective: { name: 'val_accuracy', direction: 'max' } })
        const stops = feed<BenchmarkState>(rule, events, rule.init).decisions.filter((d) => d.action === 'stop')
        expect(stops.length).toBeLessThanOrEqual(1)
        const best = Math.max(...values.filter(Number.isFinite)) + 1
        expect(verdicts(run(rule, () => best))).toEqual([])
      }),
    )
  })
})
