// The rules together: which are on under which settings, and that a resume changes no decision.
// Not the wording of each rule.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromJson, type RunFile, runFile, toJson } from '../contract/index.ts'
import { anyEvent, evaluated, feed, steps } from './events.fixture.ts'
import { profileOf } from './profile.ts'
import { ruleChanges, type State } from './rule.ts'
import { stopping } from './stopping.ts'

const objective = { name: 'val_accuracy', direction: 'max' } as const
const settings = (mode: RunFile['stop']['mode']): RunFile['stop'] => ({
  mode,
  divergence: 10,
  patience: { evaluations: 2, min_delta: 0.01 },
  baseline: 'earlier',
  benchmark: runFile.shape.stop.parse({}).benchmark,
  prechelt: { gl: 50, pq: null, up: 2, strip: 1 },
  budget: { steps: 400, minutes: null, cost: null, energy: null },
})
const curves = [3, 3.1].map((value) => [{ fraction: 0, value }])
const everything = (mode: RunFile['stop']['mode'] = 'stop') =>
  stopping({
    settings: settings(mode),
    objective,
    steps: 500,
    comparison: { name: 'earlier', profile: profileOf({ direction: 'max', curves })!, differs: [] },
  })

describe('stopping', () => {
  test('each rule speaks with its own reason', () => {
    const rule = everything()
    const events = [
      steps(...Array.from({ length: 10 }, () => 2)),
      evaluated(1, { val_loss: 1, val_accuracy: 0.5 }),
      evaluated(2, { val_loss: 1, val_accuracy: 0.5 }),
      evaluated(3, { val_loss: 1, val_accuracy: 0.5 }),
      steps(...Array.from({ length: 50 }, () => 20)),
      steps(Number.NaN),
    ]
    const { decisions } = feed(rule, events, rule.init)
    expect(decisions.map((d) => `${d.action} ${d.reason}`)).toEqual([
      'advise baseline',
      'advise baseline',
      'stop patience',
      'advise baseline',
      'stop divergence',
      'stop not-finite',
    ])
  })
  test('without patience and baseline only the hard stops watch', () => {
    const rule = stopping({
      settings: { ...settings('stop'), patience: null, prechelt: null, budget: null },
      objective,
      steps: 10,
    })
    const flat = Array.from({ length: 20 }, (_, i) => evaluated(i, { val_accuracy: 0.1 }))
    expect(feed(rule, flat, rule.init).decisions).toEqual([])
    expect(feed(rule, [steps(Number.NaN)], rule.init).decisions[0]?.action).toBe('stop')
  })
  test('property: mode off never stops', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const rule = everything('off')
        expect(feed(rule, events, rule.init).decisions.filter((d) => d.action === 'stop')).toEqual([])
      }),
    )
  })
  test('property: cut the stream anywhere, keep the state as JSON: the same decisions and the same last state', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), fc.nat(30), (events, cut) => {
        const rule = everything()
        const straight = feed(rule, events, rule.init)
        const before = feed(rule, events.slice(0, cut), rule.init)
        const kept = fromJson(toJson(before.state)) as State
        const after = feed(everything(), events.slice(cut), kept)
        expect([...before.decisions, ...after.decisions]).toEqual(straight.decisions)
        expect(toJson(after.state)).toBe(toJson(straight.state))
      }),
    )
  })
  test('property: how steps are grouped into events changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 200 }),
        fc.nat(200),
        (losses, cut) => {
          const rule = everything()
          const all = steps(...losses)
          if (all.type !== 'steps') return
          const parts = [all.records.slice(0, cut), all.records.slice(cut)].map((records) => ({
            type: 'steps' as const,
            records,
          }))
          expect(feed(rule, parts, rule.init)).toEqual(feed(rule, [all], rule.init))
        },
      ),
    )
  })
  test('a rule that changed is told, and keeps what it has seen', () => {
    const before = feed(everything(), [evaluated(1, { val_accuracy: 0.5, val_loss: 1 })], everything().init).state
    expect(ruleChanges(everything(), fromJson(toJson(before)))).toEqual([])
    const changed = stopping({
      settings: { ...settings('stop'), patience: { evaluations: 3, min_delta: 0.01 }, prechelt: null },
      objective,
      steps: 500,
    })
    expect(ruleChanges(changed, before)).toEqual(['patience changed', 'prechelt is gone', 'benchmark is gone'])
    const flat = [2, 3, 4].map((step) => evaluated(step, { val_accuracy: 0.5 }))
    expect(feed(changed, flat, before).decisions.map((d) => d.numbers.evaluations)).toEqual([3])
  })
  test('an update changes neither the state it was given nor the event', () => {
    const rule = everything()
    const frozen = Object.freeze(structuredClone(rule.init))
    const event = Object.freeze(evaluated(1, { val_accuracy: 0.5, val_loss: 1 }))
    const before = toJson([frozen, event])
    rule.update(frozen, event)
    expect(toJson([frozen, event])).toBe(before)
  })
})
