// Latest, best and top-k: ties, NaN, infinities, missing metrics, and what must hold for any policy and any history.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CheckpointRecord } from '../contract/index.ts'
import { ranked, retain } from './retention.ts'

const record = (step: number, metrics: Record<string, number>): CheckpointRecord => ({
  name: `step-${String(step).padStart(8, '0')}`,
  step,
  epoch: 1,
  metrics,
  manifest: '',
  bytes: 1,
})
const history = (...values: (number | null)[]) => values.map((v, i) => record(i, v === null ? {} : { m: v }))
const max = { name: 'm', direction: 'max' } as const
const min = { name: 'm', direction: 'min' } as const
const kept = (...args: Parameters<typeof retain>) =>
  [...retain(...args)].map(([name, reasons]) => `${Number(name.slice(5))} ${reasons.join('+')}`)

describe('retain', () => {
  test('keeps latest, best and top together', () => {
    const policy = { latest: 1, best: 1, top: 2 }
    expect(kept(policy, history(0.5, 0.9, 0.7, 0.8, 0.6), max)).toEqual(['1 best+top', '3 top', '4 latest'])
    expect(kept(policy, history(0.5, 0.9, 0.7, 0.8, 0.6), min)).toEqual(['0 best+top', '4 latest+top'])
  })
  test('of equal values the earlier one is better', () => {
    expect(kept({ latest: 1, best: 1, top: 0 }, history(0.9, 0.9, 0.9), max)).toEqual(['0 best', '2 latest'])
    expect(kept({ latest: 1, best: 1, top: 0 }, history(0, -0), max)).toEqual(['0 best', '1 latest'])
  })
  test('NaN, a missing metric and infinities are never best', () => {
    const strange = history(Number.NaN, null, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, Number.NaN)
    for (const objective of [min, max]) {
      expect(kept({ latest: 1, best: 1, top: 9 }, strange, objective)).toEqual(['4 best+top', '5 latest'])
    }
    expect(kept({ latest: 1, best: 1, top: 1 }, history(Number.NaN, Number.NaN), min)).toEqual(['1 latest'])
  })
  test('the latest is the one saved last, also where a resume made its step smaller', () => {
    expect(kept({ latest: 1, best: 0, top: 0 }, [record(430, {}), record(300, {})], max)).toEqual(['300 latest'])
  })
  test('a metric may be called __proto__', () => {
    const odd = (step: number, v: number) => record(step, JSON.parse(`{"__proto__":${v}}`))
    const objective = { name: '__proto__', direction: 'min' } as const
    expect(ranked([odd(1, 3), odd(2, 1), record(3, {})], objective).map((r) => r.step)).toEqual([2, 1])
  })
})

test('any policy, any history', () => {
  const value = fc.option(fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 1)), {
    nil: null,
  })
  const policies = fc.record({ latest: fc.integer({ min: 1, max: 4 }), best: fc.nat(3), top: fc.nat(4) })
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 12 }),
      policies,
      fc.constantFrom(min, max),
      (values, policy, objective) => {
        const records = history(...values)
        const answer = retain(policy, records, objective)
        const having = (reason: string) => records.filter((r) => answer.get(r.name)?.some((k) => k === reason))
        const finite = records.filter((r) => Number.isFinite(r.metrics.m))
        expect(having('latest')).toEqual(records.slice(-policy.latest))
        expect(having('best').length).toBe(Math.min(policy.best, finite.length))
        expect(having('top').length).toBe(Math.min(policy.top, finite.length))
        // Nothing that is left out beats anything that is in.
        const top = having('top')
        const better = (a: number, b: number) => (objective.direction === 'min' ? a < b : a > b)
        for (const out of finite.filter((r) => !top.includes(r))) {
          for (const inside of top) expect(better(out.metrics.m ?? 0, inside.metrics.m ?? 0)).toBe(false)
        }
        // Pruning and judging again changes nothing: a checkpoint never comes to miss what was deleted.
        const staying = records.filter((r) => answer.has(r.name))
        expect([...retain(policy, staying, objective).keys()]).toEqual([...answer.keys()])
      },
    ),
  )
})
