import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Section } from '../contract/index.ts'
import type { Divergence } from './compare.ts'
import { diagnose } from './diagnose.ts'
import { order } from './restored.ts'

const at = (what: Divergence['what']): Divergence => ({ step: 12, what, left: '1', right: '2' })
const case_ = (
  afterLoad: Section[],
  what: Divergence['what'] | null,
  atEnd: Section[] = afterLoad,
  withinEpoch = true,
) => diagnose({ afterLoad, divergence: what && at(what), atEnd, withinEpoch })

test('equal behaviour is no fault, whatever the state looks like right after the load', () => {
  fc.assert(
    fc.property(fc.subarray([...order]), (afterLoad) => {
      expect(diagnose({ afterLoad, divergence: null, atEnd: [], withinEpoch: false })).toBeNull()
    }),
  )
})

test('one lost section is the culprit', () => {
  expect(case_(['optimizer'], 'loss')?.culprit).toBe('optimizer')
  expect(case_(['schedule'], 'learning rates')?.culprit).toBe('schedule')
  expect(case_(['position'], 'samples')?.culprit).toBe('position')
  expect(case_(['rng'], 'loss')?.culprit).toBe('rng')
  expect(case_(['ema'], null)?.culprit).toBe('ema')
  expect(case_(['counters'], 'learning rates')?.culprit).toBe('counters')
})

test('without weights nothing else matters', () => {
  expect(case_(['optimizer', 'parameters', 'rng'], 'loss')).toMatchObject({
    culprit: 'parameters',
    others: ['optimizer', 'rng'],
  })
})

test('the generator that draws the next epoch’s order, not the position within this one', () => {
  expect(case_(['rng'], 'samples', ['rng'], false)?.culprit).toBe('rng')
  expect(case_(['rng', 'position'], 'samples', ['rng'], true)?.culprit).toBe('position')
  expect(case_(['rng'], 'samples', ['rng'], true)?.culprit).toBe('rng')
})

test('a generator alone, without effect, says so', () => {
  expect(case_(['rng'], null)).toMatchObject({ culprit: 'rng', effect: false })
  expect(case_([], 'loss')).toMatchObject({ culprit: 'rng', effect: true })
})

test('a divergence always has a culprit', () => {
  fc.assert(
    fc.property(
      fc.subarray([...order]),
      fc.constantFrom('samples', 'learning rates', 'loss', 'outcome'),
      fc.boolean(),
      (afterLoad, what, withinEpoch) => {
        expect(diagnose({ afterLoad, divergence: at(what), atEnd: afterLoad, withinEpoch })).not.toBeNull()
      },
    ),
  )
})
