import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apartBy, dividesByPadding, type Losses } from './ragged.ts'

type Group = { readonly loss: number; readonly weight: number }

const mean = (...groups: readonly Group[]): number =>
  groups.reduce((sum, { loss, weight }) => sum + loss * weight, 0) / groups.reduce((sum, { weight }) => sum + weight, 0)

const lossesOf = (a: Group, b: Group, c: Group): Losses => ({
  a: mean(a),
  b: mean(b),
  c: mean(c),
  ab: mean(a, b),
  ac: mean(a, c),
  bc: mean(b, c),
  abc: mean(a, b, c),
})

const group = fc.record({
  loss: fc.double({ min: 0.5, max: 5, noNaN: true }),
  weight: fc.integer({ min: 1, max: 200 }),
})
const rounded = (losses: Losses, by: number, signs: readonly boolean[]) =>
  Object.fromEntries(
    Object.entries(losses).map(([name, value], i) => [name, value * (1 + (signs[i] ? by : -by))]),
  ) as Losses

test('whatever the weights and the losses are, a mean of them is none apart, rounded or not', () => {
  fc.assert(
    fc.property(group, group, group, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), (a, b, c, signs) => {
      const found = apartBy(rounded(lossesOf(a, b, c), 1e-6, signs), 1e-5)
      expect(found === null || found === 'unclear').toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('what filling up adds to the shorter ones shows', () => {
  const [a, b, c] = [
    { loss: 2.1, weight: 40 },
    { loss: 2.9, weight: 70 },
    { loss: 2.4, weight: 110 },
  ] as const
  const padded = (group: Group, by: number): Group => ({ ...group, loss: group.loss + 0.03 * by })
  const losses: Losses = {
    ...lossesOf(a, b, c),
    ab: mean(padded(a, 3), b),
    ac: mean(padded(a, 7), c),
    bc: mean(padded(b, 4), c),
    abc: mean(padded(a, 7), padded(b, 4), c),
  }
  expect(apartBy(losses, 1e-5)).toMatchObject({ seen: expect.any(Number) })
  // scored padding weighs as well
  const scored = (group: Group, length: number): Group => ({
    loss: (group.loss * group.weight + 3 * (10 * length - group.weight)) / (10 * length),
    weight: 10 * length,
  })
  expect(
    apartBy(
      {
        a: scored(a, 4).loss,
        b: scored(b, 7).loss,
        c: scored(c, 11).loss,
        ab: mean(scored(a, 7), scored(b, 7)),
        ac: mean(scored(a, 11), scored(c, 11)),
        bc: mean(scored(b, 11), scored(c, 11)),
        abc: mean(scored(a, 11), scored(b, 11), scored(c, 11)),
      },
      1e-5,
    ),
  ).toMatchObject({ seen: expect.any(Number) })
})

test('groups of one loss tell nothing', () => {
  const one = { loss: 2, weight: 5 }
  expect(apartBy(lossesOf(one, one, one), 1e-5)).toBe('unclear')
})

test('a right sum over all places, padding among them, is told from scored padding and from other additions', () => {
  const wide = (scored: number) => {
    const [a, b, c] = [
      { sum: 80, real: 35, width: 5 },
      { sum: 150, real: 60, width: 8 },
      { sum: 190, real: 85, width: 11 },
    ] as const
    const of = (...groups: readonly (typeof a | typeof b | typeof c)[]) => {
      const cells = groups.length * 8 * Math.max(...groups.map(({ width }) => width))
      const real = groups.reduce((sum, group) => sum + group.real, 0)
      return (groups.reduce((sum, group) => sum + group.sum, 0) + scored * (cells - real)) / cells
    }
    return { a: of(a), b: of(b), c: of(c), ab: of(a, b), ac: of(a, c), bc: of(b, c), abc: of(a, b, c) }
  }
  expect(apartBy(wide(0), 1e-5)).toMatchObject({ seen: expect.any(Number) })
  expect(dividesByPadding(wide(0), 1e-5)).toBe(true)
  expect(dividesByPadding(wide(3), 1e-5)).toBe(false)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.5, max: 5, noNaN: true }), { minLength: 7, maxLength: 7 }),
      ([a = 1, b = 1, c = 1, ...d]) => {
        const [x = 1, y = 1, z = 1, w = 1] = d
        // contributions that grow by amounts of their own
        const losses = {
          a,
          b,
          c,
          ab: mean([a + 0.1 * x, b]),
          ac: mean([a + 0.2 * y, c]),
          bc: mean([b + 0.3 * z, c]),
          abc: mean([a + 0.2 * y, b + 0.3 * w, c]),
        }
        expect(dividesByPadding(losses, 1e-6)).toBe(false)
      },
    ),
    { numRuns: 500 },
  )
})
