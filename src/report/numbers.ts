// Numbers for people: significant digits, durations, sizes.
// Not for machines: JSON documents carry every digit.

/** What stands where there is no number. */
export const none = '–'

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `1290` → `1,290`. */
export const count = (n: number): string => (Number.isFinite(n) ? grouped.format(n) : String(n))

export const plural = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? '' : 's'}`

const power = (value: number, digits: number): string => value.toExponential(digits).replace('e+', 'e')

/** A metric or a loss: four decimals where that says enough, powers where it does not, NaN and infinity by name. */
export const measure = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size < 1e-3 || size >= 1e6) return power(value, 2)
  if (size < 100) return value.toFixed(4)
  return size < 1e4 ? value.toFixed(1) : count(value)
}

/** A learning rate: `9.1e-4`, `0.05`. */
export const rate = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return '0'
  return Math.abs(value) < 0.01 ? power(value, 1) : String(Number(value.toPrecision(3)))
}

/** Seconds → `0:34`, `1:02:03`; unknown → `–`. */
export const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds) || seconds < 0) return none
  const whole = Math.round(seconds)
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** `0.3 s`. */
export const seconds = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(1)} s` : none)

/** Decimal units, as disks are sold: `2.1 MB`. */
export const bytes = (n: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = n
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
