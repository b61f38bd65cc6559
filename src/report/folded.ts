// A poll at a glance: one line for each family of checks that found nothing, with what its foremost check saw.
// Not for faults: NO-GO, WARN, WAIVED and what was left out for want of time are always told whole.
import type { CheckCode, Finding } from '../contract/index.ts'
import { byFamily } from './families.ts'
import { findingLines, titleOf } from './findings.ts'
import { worded } from './lines.ts'
import type { Look } from './look.ts'
import { seconds } from './numbers.ts'
import { cut, padEnd, padStart, printable } from './text.ts'

const isLate = (f: Finding): boolean => f.status === 'SKIPPED' && f.title.startsWith('budget')

/** Findings told whole, those that were left out for want of time in one block. */
export const heldLines = (findings: readonly Finding[], look: Look): string[] => {
  const late = findings.filter(isLate)
  const [first] = late
  const codes = late.map(({ check }) => check).join(', ')
  const whole = findings.filter((f) => !isLate(f)).flatMap((f) => findingLines(f, look))
  if (!first || late.length === 1) return [...whole, ...late.flatMap((f) => findingLines(f, look))]
  return [...whole, ...worded('SKIP  ', `${codes}: ${first.title}`, look, look.colour.muted)]
}

/** Whether a finding may stand in its family's line. */
export const isQuiet = (f: Finding): boolean =>
  f.status === 'GO' || (f.status === 'SKIPPED' && !isLate(f) && f.evidence.explainedBy === undefined)

/** Of each family, the check whose numbers say most; the first of these that was GO. */
const foremost: readonly CheckCode[] = [
  'C1',
  'D3',
  'D8',
  'I1',
  'O4',
  'O1',
  'V4',
  'V2',
  'K1',
  'K4',
  'S1',
  'T2',
  'M1',
  'P1',
  'F1',
]

const columns = { status: 8, family: 19, count: 8, seconds: 8, board: 90 } as const

const wordsOf = (members: readonly Finding[]): string => {
  const going = members.filter(({ status }) => status === 'GO')
  const chosen =
    foremost.map((code) => going.find(({ check }) => check === code)).find((found) => found !== undefined) ?? going[0]
  const title = titleOf(chosen ?? (members[0] as Finding)).replace(/; by construction: .*$/s, '')
  return printable(title.replace(/^(full model: )?forecast /, '$1'))
}

/** One line a family, in the order of families: how many of its checks were GO, what the foremost saw, what they took. */
export const foldedLines = (findings: readonly Finding[], look: Look): string[] =>
  byFamily(findings).flatMap(([family, all]) => byTier(all).map((members) => lineOf(family, members, look)))

/** A line speaks of one model: where a family was asked of a proxy and of the large one, it has two. */
const byTier = (members: readonly Finding[]): (readonly Finding[])[] => [
  ...Map.groupBy(members, ({ tier }) => tier ?? '').values(),
]

const lineOf = (family: string, members: readonly Finding[], look: Look): string => {
  const going = members.filter(({ status }) => status === 'GO').length
  const left = members.length - going
  const wide = look.columns >= columns.board
  const count = left === 0 || going === 0 ? String(members.length) : `${going} of ${members.length}`
  const status =
    going > 0 ? look.colour.go(padEnd('GO', columns.status)) : look.colour.muted(padEnd('SKIP', columns.status))
  const start = padEnd(family, columns.family) + padEnd(count, columns.count)
  const room = (wide ? columns.board - columns.seconds : look.columns) - columns.status - start.length
  const words = room < 12 ? '' : cut(wordsOf(members), room - 1)
  const took = members.reduce((sum, f) => sum + f.seconds, 0)
  const time = wide && going > 0 ? padStart(seconds(took), columns.seconds) : ''
  const line = wide ? padEnd(words, room) + time : words
  return `${status}${start}${look.colour.muted(line)}`.trimEnd()
}
