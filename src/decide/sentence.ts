// How rules write numbers and shares in their sentences.
// Not report/: a sentence is part of a Decision, and the journal keeps it as it was said.

/** Four significant digits, NaN and infinities by name. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-4 || size >= 1e6) return value.toExponential(2)
  return size >= 1e4 ? String(Math.round(value)) : String(Number(value.toPrecision(4)))
}

/** `0.42` → `42%`. Rounded down, so that 100% means the end. */
export const percent = (fraction: number): string => `${Math.floor(fraction * 100 + 1e-9)}%`

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
