// Samples of unequal length in one batch: whether how much is filled up changes what they contribute to the loss.
// Three groups of samples are evaluated alone, in pairs and together, each time in one batch. Measures; D9 judges.
//
// A loss over one batch is a mean of what its samples contribute, each with a weight of its own: tokens, or one. Neither is known, and
// neither need be: from A, B and AB follows how much B weighs against A; from A, C and AC how much C does; and with both what BC and ABC
// must be. Where filling up changes what a sample contributes they are something else.

export type Losses = {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly ab: number
  readonly ac: number
  readonly bc: number
  readonly abc: number
}

type Prediction = { readonly bc: number; readonly abc: number; readonly weights: readonly [number, number] }

/** What BC and ABC must be; null where the groups' losses are too near each other to tell their weights. */
export const predicted = ({ a, b, c, ab, ac }: Losses): Prediction | null => {
  const [toB, toC] = [(ab - a) / (b - ab), (ac - a) / (c - ac)]
  if (![toB, toC].every(Number.isFinite)) return null
  return {
    bc: (toB * b + toC * c) / (toB + toC),
    abc: (a + toB * b + toC * c) / (1 + toB + toC),
    weights: [toB, toC],
  }
}

export type Apart = { readonly name: keyof Losses; readonly seen: number; readonly expected: number }

/**
 * Where a prediction fails by more than rounding, of relative size `tolerance` in each loss, explains; 'unclear' where rounding explains
 * too much. A mean that is not between its parts has no weights at all.
 */
export const apartBy = (losses: Losses, tolerance: number): Apart | 'unclear' | null => {
  const size = Math.max(...Object.values(losses).map(Math.abs))
  for (const name of ['ab', 'ac', 'bc', 'abc'] as const) {
    const parts = [...name].map((one) => losses[one as 'a' | 'b' | 'c'])
    const nearest = Math.min(Math.max(losses[name], Math.min(...parts)), Math.max(...parts))
    if (!(Math.abs(losses[name] - nearest) <= 4 * tolerance * size))
      return { name, seen: losses[name], expected: nearest }
  }
  const plain = predicted(losses)
  if (plain === null) return 'unclear'
  const slack = { bc: 0, abc: 0 }
  for (const name of ['a', 'b', 'c', 'ab', 'ac'] as const) {
    const moved = predicted({ ...losses, [name]: losses[name] * (1 + tolerance) })
    if (moved === null) return 'unclear'
    for (const one of ['bc', 'abc'] as const) slack[one] += Math.abs(moved[one] - plain[one])
  }
  const spread = Math.max(losses.a, losses.b, losses.c) - Math.min(losses.a, losses.b, losses.c)
  for (const name of ['bc', 'abc'] as const) {
    const room = 2 * (slack[name] + tolerance * size)
    if (!(room < 0.05 * spread)) return 'unclear'
    if (!(Math.abs(losses[name] - plain[name]) <= room)) return { name, seen: losses[name], expected: plain[name] }
  }
  return null
}

/**
 * What is summed over samples rightly, and divided by all places of a batch, padding among them: then each loss times its batch's width
 * adds up. No width need be known: from C, AC and BC follow how wide A and B are beside C, and AB and ABC must agree.
 */
export const dividesByPadding = ({ a, b, c, ab, ac, bc, abc }: Losses, tolerance: number): boolean => {
  const [x, y] = [(2 * ac - c) / a, (2 * bc - c) / b]
  if (!(x > 0 && x <= y && y <= 1 && x < 0.95)) return false
  const room = 8 * tolerance * Math.max(...[a, b, c, ab, ac, bc, abc].map(Math.abs))
  return Math.abs(2 * ab * y - a * x - b * y) <= room && Math.abs(3 * abc - a * x - b * y - c) <= room
}
