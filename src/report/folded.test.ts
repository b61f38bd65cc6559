// One line a family where nothing is wrong, and no line lost.
import { expect, test } from 'vitest'
import type { Finding } from '../contract/index.ts'
import { foldedLines, heldLines, isQuiet } from './folded.ts'
import { plain } from './look.ts'
import { finding } from './report.fixture.ts'
import { width } from './text.ts'

const of = (check: Finding['check'], more: Partial<Finding> = {}) =>
  finding({ check, title: `${check} holds`, ...more })
const skipped = { status: 'SKIPPED', title: 'one process; needs two', seen: null } as const

test('a family is one line: how many were GO, what the foremost saw, what they took', () => {
  const found = [of('K2', { seconds: 1 }), of('K1', { seconds: 2.5 }), of('D2', skipped), of('D3'), of('P1', skipped)]
  const lines = foldedLines(found, plain)
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^GO {6}data +1 of 2 +D3 holds/)
  expect(lines[1]).toMatch(/^GO {6}checkpoints +2 +K1 holds +3\.5 s$/)
  expect(lines[2]).toMatch(/^SKIP {4}several processes +1 +one process; needs two$/)
})

test('no line is wider than the terminal, whatever a title holds', () => {
  const hostile = of('own/mine', { title: `\u001b[2J${'长'.repeat(200)}` })
  for (const columns of [40, 60, 79, 90, 200])
    for (const line of foldedLines([hostile, of('K1')], { ...plain, columns })) {
      expect(width(line)).toBeLessThanOrEqual(Math.max(40, columns))
      expect(line).not.toContain('\u001b')
    }
})

test('what is wrong, waived, explained or left out for want of time is told whole', () => {
  expect(isQuiet(of('K1'))).toBe(true)
  expect(isQuiet(of('P1', skipped))).toBe(true)
  expect(isQuiet(of('K1', { ...skipped, title: 'budget: the 60 s of preflight.budget are spent' }))).toBe(false)
  for (const status of ['NO-GO', 'WARN', 'WAIVED'] as const) expect(isQuiet(of('K1', { status }))).toBe(false)
})

test('what was left out for want of time is one block that names each', () => {
  const title = 'budget: the 60 s of preflight.budget are spent'
  const late = (['F1', 'K3', 'V6'] as const).map((check) => of(check, { ...skipped, title }))
  const waived = of('K1', { status: 'WAIVED', title: 'no disk here' })
  const lines = heldLines([...late, waived], plain)
  expect(lines).toEqual(['WAIVED  K1  "no disk here"', `SKIP    F1, K3, V6: ${title}`])
})
