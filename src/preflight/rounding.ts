// How far apart numbers may lie that rounding alone explains, by the number format of the arithmetic.
// Pure, and no judgement: what a larger distance means is the checks' own.
import type { Arithmetic, Evaluation, Facts } from '../contract/index.ts'

/** A gradient below this share of the whole gradient is rounding: a bias before batch norm. */
export const gradientRounding = 1e-6

type Limits = {
  /** Relative, of a mean over samples: a metric, whatever the batch size. */
  readonly metric: number
  /** Of one output among others, relative to the largest: formats round each layer, and sums in another order each time. */
  readonly output: number
  /** Relative, of one training loss when a step is repeated. */
  readonly step: number
}

const limits: Readonly<Record<Arithmetic, Limits>> = {
  float64: { metric: 1e-5, output: 1e-3, step: 1e-5 },
  float32: { metric: 1e-5, output: 1e-3, step: 1e-5 },
  // eleven significant bits in products, float32 sums
  tf32: { metric: 1e-3, output: 1e-2, step: 1e-3 },
  float16: { metric: 1e-3, output: 1e-2, step: 1e-2 },
  // eight significant bits: a loss that is itself in bfloat16 is 2⁻⁹ off for each batch
  bfloat16: { metric: 4e-3, output: 5e-2, step: 1e-2 },
}

const order: readonly Arithmetic[] = ['float64', 'float32', 'tf32', 'float16', 'bfloat16']

/** The coarsest of what is declared and what outputs were seen in. */
export const arithmeticOf = (facts: Facts, ...seen: readonly (Evaluation | undefined)[]): Arithmetic => {
  const found = [facts.arithmetic ?? 'float32', ...seen.flatMap((one) => one?.perSample?.arithmetic ?? [])]
  return found.reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a))
}

export const roundingOf = (arithmetic: Arithmetic): Limits => limits[arithmetic]
