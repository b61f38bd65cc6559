// What counts as caught, as named, as a false NO-GO; and the intervals of the totals.
// Not the polls themselves: their findings are given here as the poll gives them.
import { expect, test } from 'vitest'
import { judge, type Said } from './judge.ts'
import type { Program } from './programs.ts'
import { missedBars, share, totalsOf } from './tally.ts'

const program = (expected: Program['expected']): Program => ({
  name: 'XX01/manual',
  id: 'XX01',
  title: '',
  folder: '/nowhere',
  file: 'manual.py',
  engine: 'torch',
  run: {},
  edits: [],
  expected,
})
const bug = program({ checks: ['O2'], causes: ['gradients-accumulate'], severity: 'no-go' })
const weak = program({ checks: ['O5'], causes: ['learning-rate-out-of-range'], severity: 'warn' })

const says = (...findings: readonly (readonly [string, string, string])[]): Said => ({
  findings: findings.map(
    ([status, check, cause]) =>
      ({ status, check, cause, title: '', where: null, seen: '' }) as Said['findings'][number],
  ),
  refused: null,
  seconds: 1,
  firstNoGo: 1,
})

test('any NO-GO catches a bug; only an accepted cause names it', () => {
  const right = judge(bug, 'buggy', 0, says(['NO-GO', 'O2', 'gradients-accumulate']), ['O2'])
  expect(right).toMatchObject({ outcome: 'caught', causeRight: true, verdict: 'NO-GO' })
  const other = judge(bug, 'buggy', 0, says(['NO-GO', 'O4', 'does-not-learn']), ['O2'])
  expect(other).toMatchObject({ outcome: 'caught', causeRight: false })
})

test('a warning does not catch what should be a NO-GO, nor does another warning what should warn', () => {
  const warned = says(['WARN', 'O2', 'gradients-accumulate'])
  expect(judge(bug, 'buggy', 0, warned, ['O2'])).toMatchObject({ outcome: 'missed', causeRight: null })
  expect(judge(bug, 'buggy', 0, warned, [])).toMatchObject({ outcome: 'missed (no check)' })
  expect(judge(weak, 'buggy', 0, warned, ['O5']).outcome).toBe('missed')
  const fitting = says(['WARN', 'O5', 'learning-rate-out-of-range'])
  expect(judge(weak, 'buggy', 0, fitting, ['O5'])).toMatchObject({ outcome: 'caught', causeRight: true })
})

test('a refusal is an answer only where it is expected, and never on a sound program', () => {
  const refused: Said = { ...says(), refused: { code: 'SCHEMA_ANY', message: '' } }
  expect(judge(bug, 'buggy', 0, refused, ['O2']).outcome).toBe('missed')
  const config = program({ checks: ['C1'], causes: ['SCHEMA_ANY'], severity: 'no-go' })
  expect(judge(config, 'buggy', 0, refused, ['C1'])).toMatchObject({ outcome: 'caught', causeRight: true })
  expect(judge(config, 'fixed', 0, refused, ['C1']).outcome).toBe('false no-go')
  expect(judge(program(null), 'healthy', 0, says(['NO-GO', 'O1', 'x']), []).outcome).toBe('false no-go')
  expect(judge(program(null), 'healthy', 0, says(['WARN', 'O1', 'x']), []).outcome).toBe('go')
})

test('Wilson’s interval of 9 of 10 is that of the tables, and never leaves 0 to 1', () => {
  const { interval } = share(9, 10)
  expect(interval[0]).toBeCloseTo(0.5958, 3)
  expect(interval[1]).toBeCloseTo(0.9821, 3)
  expect(share(10, 10).interval[1]).toBeCloseTo(1, 12)
  expect(share(0, 10).interval[0]).toBeCloseTo(0, 12)
})

test('a bar that is missed is said', () => {
  const good = Array.from({ length: 20 }, () =>
    judge(bug, 'buggy', 0, says(['NO-GO', 'O2', 'gradients-accumulate']), ['O2']),
  )
  expect(missedBars(totalsOf(good, 'torch'))).toEqual([])
  const bad = [...good, judge(bug, 'fixed', 0, says(['NO-GO', 'O1', 'x']), [])]
  expect(missedBars(totalsOf(bad, 'torch'))).toEqual(['torch: 1 false NO-GO, none allowed'])
})
