// Best-so-far, against a plain definition over the whole list.
// Not the retention policy of checkpoints.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Best, best, bestSoFar, better } from './best.ts'
import { evaluated, value } from './events.fixture.ts'

const at = (v: number, step = 1): Best => ({ value: v, step, epoch: 1 })

describe('better', () => {
  test('is strict, knows the direction and the delta', () => {
    expect(better('max', 2, 1)).toBe(true)
    expect(better('max', 1, 1)).toBe(false)
    expect(better('min', 1, 2)).toBe(true)
    expect(better('min', 2, 1)).toBe(false)
    expect(better('max', 1.05, 1, 0.1)).toBe(false)
    expect(better('min', 0.85, 1, 0.1)).toBe(true)
  })
  test('NaN and infinities never win', () => {
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      for (const direction of ['min', 'max'] as const) expect(better(direction, odd, 1)).toBe(false)
  })
})

describe('best', () => {
  test('a tie keeps the earlier one', () => {
    expect(best('max', at(1, 3), at(1, 7))?.step).toBe(3)
  })
  test('a NaN first leaves nothing standing', () => {
    expect(best('min', null, at(Number.NaN))).toBeNull()
    expect(best('min', at(4), at(Number.NaN))).toEqual(at(4))
  })
  test('property: the fold finds the first extreme of the finite values', () => {
    fc.assert(
      fc.property(fc.array(value), fc.constantFrom('min' as const, 'max' as const), (values, direction) => {
        const fold = bestSoFar({ name: 'val_loss', direction })
        const events = values.map((v, step) => evaluated(step, { val_loss: v }))
        const found = events.reduce(fold.update, fold.init)
        const finite = values.filter((v) => Number.isFinite(v))
        const extreme = direction === 'min' ? Math.min(...finite) : Math.max(...finite)
        expect(found?.step).toBe(finite.length === 0 ? undefined : values.indexOf(extreme))
      }),
    )
  })
  test('an evaluation without the objective changes nothing', () => {
    const fold = bestSoFar({ name: 'val_accuracy', direction: 'max' })
    expect(
      [evaluated(1, { val_accuracy: 0.5 }), evaluated(2, { val_loss: 1 })].reduce(fold.update, fold.init)?.step,
    ).toBe(1)
  })
})
