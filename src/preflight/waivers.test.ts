import { expect, test } from 'vitest'
import type { Plan } from '../contract/index.ts'
import { noGo } from './check.ts'
import { lowered, settingOf, waived } from './waivers.ts'

const plan = (checks: Plan['run']['preflight']['checks']) => ({ run: { preflight: { checks } } }) as Plan

test('by code, by word, and the command line over both', () => {
  const file = plan({ K1: { level: 'warn', reason: 'a' }, 'batch-size-invariance': { level: 'skip', reason: 'b' } })
  expect(settingOf('K1', file, new Map())).toEqual({ level: 'warn', reason: 'a' })
  expect(settingOf('V2', file, new Map())).toEqual({ level: 'skip', reason: 'b' })
  expect(settingOf('O4', file, new Map())).toEqual({ level: 'block', reason: null })
  expect(settingOf('K1', file, new Map([['K1', 'c']]))).toEqual({ level: 'skip', reason: 'c' })
})

test('a lowered NO-GO warns and shows why; a waived check says why', () => {
  const fault = noGo('rng-not-restored', 'title', { seen: 's', expected: 'e' })
  const setting = { level: 'warn', reason: 'approximate is fine' } as const
  expect(lowered(fault, setting)).toMatchObject({ status: 'WARN', cause: 'rng-not-restored' })
  expect(lowered(fault, setting).title).toContain('approximate is fine')
  expect(lowered(fault, { level: 'block', reason: null })).toBe(fault)
  expect(waived({ level: 'skip', reason: 'curriculum' })).toMatchObject({
    status: 'WAIVED',
    title: 'curriculum',
    cause: null,
  })
})
