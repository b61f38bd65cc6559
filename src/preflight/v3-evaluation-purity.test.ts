// Which schedules an evaluation may move. Not the check as a whole: tests/preflight and the corpus have that.
import { expect, test } from 'vitest'
import { waitsForPlateau } from './v3-evaluation-purity.ts'

const schedule = (...names: string[]) => ({ section: 'schedule', names }) as const

test('a schedule that keeps the best score, or counts evaluations without one, waits for a plateau', () => {
  expect(waitsForPlateau(schedule('scheduler.best', 'scheduler.last_epoch'))).toBe(true)
  expect(waitsForPlateau(schedule('scheduler.num_bad_epochs', 'scheduler.last_epoch'))).toBe(true)
  expect(waitsForPlateau(schedule('scheduler.cooldown_counter', 'scheduler.last_epoch'))).toBe(true)
  expect(waitsForPlateau({ section: 'counters', names: ['extra.monitored.val_loss'] })).toBe(true)
})

test('any other that moves is not one, and nor are two of which one is', () => {
  expect(waitsForPlateau(schedule('scheduler.last_epoch', 'scheduler._step_count'))).toBe(false)
  expect(waitsForPlateau(schedule('a.best', 'a.last_epoch', 'b.last_epoch'))).toBe(false)
  expect(waitsForPlateau({ section: 'counters', names: ['seen.best'] })).toBe(false)
  expect(waitsForPlateau({ section: 'counters', names: ['extra.monitored.val_loss', 'extra.evaluations'] })).toBe(false)
})
