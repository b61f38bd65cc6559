import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apartBy, type Losses } from './ragged.ts'

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
