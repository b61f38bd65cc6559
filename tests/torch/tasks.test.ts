// Bugs in programs of other tasks than classification, each beside its repaired twin, both of the corpus: the check that is meant to tell them
// apart, asked alone. What it measures is tested beside it.
import { expect, test } from 'vitest'
import type { Cause, CheckCode, Status } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from '../preflight/polled.ts'
import { corpusTwins } from './planted.ts'

const twinOf = corpusTwins()

const told: readonly (readonly [string, CheckCode, Status, Cause, Status])[] = [
  ['TA22/manual', 'D10', 'WARN', 'input-ignored', 'GO'],
  ['TA10/lit', 'O4', 'NO-GO', 'loss-sign-flipped', 'GO'],
  ['TA26/manual', 'D6', 'WARN', 'augmentation-repeats', 'SKIPPED'],
  ['TA27/manual', 'O1', 'WARN', 'average-follows-at-once', 'GO'],
  ['TA33/manual', 'O1', 'WARN', 'loss-term-without-gradient', 'GO'],
  ['TB10/manual', 'I4', 'NO-GO', 'loss-floor-above-theory', 'GO'],
  ['TB12/manual', 'D6', 'WARN', 'augmentation-repeats', 'GO'],
  ['TB13/manual', 'I4', 'NO-GO', 'loss-not-finite', 'GO'],
  ['TA50/managed', 'D3', 'WARN', 'splits-overlap', 'GO'],
  ['TB21/manual', 'O1', 'WARN', 'gradients-not-zeroed', 'GO'],
  ['TB51/manual', 'D9', 'NO-GO', 'padding-scored', 'GO'],
  ['TB52/manual', 'D2', 'NO-GO', 'sees-the-future', 'GO'],
  ['TB53/manual', 'D2', 'NO-GO', 'targets-misplaced', 'GO'],
  ['TB60/manual', 'D3', 'NO-GO', 'splits-overlap', 'GO'],
  ['TB63/manual', 'O9', 'NO-GO', 'clips-too-late', 'GO'],
  ['TB70/manual', 'I4', 'NO-GO', 'loss-floor-above-theory', 'GO'],
  ['TB80/manual', 'D3', 'NO-GO', 'splits-overlap', 'GO'],
  ['TD30/script', 'O1', 'NO-GO', 'parameter-not-in-optimizer', 'GO'],
  ['TD34/script', 'O6', 'NO-GO', 'schedule-unit-wrong', 'GO'],
  ['TD35/manual', 'O6', 'WARN', 'schedule-unit-wrong', 'GO'],
  ['TD39/manual', 'O9', 'NO-GO', 'gradients-not-unscaled', 'GO'],
  ['TD47/manual', 'V4', 'NO-GO', 'metric-wrong', 'GO'],
  ['TD56/script', 'T1', 'WARN', 'metric-direction-reversed', 'GO'],
  ['TB81/manual', 'I4', 'NO-GO', 'softmax-over-the-batch', 'GO'],
]

test.each(told)('%s: %s says %s, %s', async (name, check, status, cause, healthy) => {
  for (const [twin, expected] of [
    ['buggy', { status, cause }],
    ['fixed', { status: healthy }],
  ] as const) {
    const found = await findingsOf((await twinOf(name, twin)).file, { only: [check] })
    expect(findingOf(found, check), `${twin} ${summary(found)}`).toMatchObject(expected)
  }
})
