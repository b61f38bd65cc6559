// Where a value lies on an axis, and at which round values an axis is labelled. Linear and logarithmic.
// Pure arithmetic; what is drawn along an axis is the pictures' own.

export type Axis = {
  /** 0 at the low end, 1 at the high end. */
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

const steps = [1, 2, 2.5, 5, 10]

/** The round step that gives about `wanted` ticks. */
const roundStep = (span: number, wanted: number): number => {
  const raw = span / Math.max(1, wanted)
  const power = 10 ** Math.floor(Math.log10(raw))
  return power * (steps.find((step) => step * power >= 0.8 * raw) ?? 10)
}

const linear = (low: number, high: number, wanted: number): Axis => {
  const step = roundStep(high - low, wanted)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return {
    at: (value) => (value - low) / (high - low),
    ticks: Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
      Number(((first + i) * step).toPrecision(12)),
    ),
  }
}

const log = (low: number, high: number, wanted: number): Axis => {
  const [from, to] = [Math.log10(low), Math.log10(high)]
  const every = Math.max(1, Math.ceil((to - from) / Math.max(1, wanted)))
  const first = Math.ceil(from - 1e-9)
  const powers = Array.from({ length: Math.max(0, Math.floor(to + 1e-9) - first + 1) }, (_, i) => first + i)
  const ticks = powers.filter((power) => (power - first) % every === 0).map((power) => 10 ** power)
  return {
    at: (value) => (Math.log10(value) - from) / (to - from),
    // less than two powers of ten apart: the ends say more
    ticks: ticks.length >= 2 ? ticks : [low, high],
  }
}

/** An axis over these values; those that are not finite, or not positive on a logarithmic one, do not count. */
export const axisOf = (values: readonly number[], scale: 'linear' | 'log', wanted: number): Axis => {
  const known = values.filter((value) => Number.isFinite(value) && (scale === 'linear' || value > 0))
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of known) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (known.length === 0) return linear(0, 1, 2)
  if (scale === 'log') return low === high ? log(low / 10, high * 10, wanted) : log(low, high, wanted)
  if (low === high) {
    const room = low === 0 ? 1 : Math.abs(low) * 0.1
    return linear(low - room, high + room, wanted)
  }
  return linear(low, high, wanted)
}
