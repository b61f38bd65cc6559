import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scheduleOf } from './reference.ts'

test('epochs of four: in mid-epoch, at a boundary, after an evaluation', () => {
  expect(scheduleOf(4, 1000)).toEqual({
    steps: 20,
    evaluateAfter: 12,
    saves: [
      { kind: 'mid-epoch', step: 6 },
      { kind: 'epoch-boundary', step: 8 },
      { kind: 'after-evaluation', step: 12 },
    ],
  })
})

test('one long epoch has no boundary to save at', () => {
  const { saves, steps } = scheduleOf(16, 16)
  expect(steps).toBe(16)
  expect(saves.map(({ kind }) => kind)).toEqual(['mid-epoch', 'after-evaluation'])
})

test('whatever the length: saves lie within the run, mid-epoch ones on no boundary, something is left to compare', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 60 }), (epoch, total) => {
      const { steps, evaluateAfter, saves } = scheduleOf(epoch, total)
      expect(steps).toBe(Math.min(20, total))
      if (evaluateAfter !== null) expect(evaluateAfter).toBeLessThan(steps)
      for (const { kind, step } of saves) {
        expect(step).toBeGreaterThanOrEqual(1)
        expect(step).toBeLessThan(steps)
        if (kind === 'mid-epoch') expect(step % epoch).not.toBe(0)
        if (kind === 'epoch-boundary') expect(step % epoch).toBe(0)
      }
      if (total >= 4) expect(saves.length).toBeGreaterThan(0)
    }),
  )
})

test('no save falls within an update of several steps', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 2, max: 8 }),
      (epoch, total, each) => {
        const { steps, saves } = scheduleOf(epoch, total, each)
        for (const { step } of saves) expect(step % each).toBe(0)
        if (each < steps) expect(saves.length).toBeGreaterThan(0)
      },
    ),
  )
})
