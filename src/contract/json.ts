// JSON that keeps NaN, ±Infinity and −0, which are evidence here. Plain JSON.stringify turns them into null or 0.
// The form is {"$number": "NaN"}: readable, and the same on the wire, in the journal and in a checkpoint.

const encode = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'number') return value
  if (Number.isFinite(value) && !Object.is(value, -0)) return value
  return { $number: Object.is(value, -0) ? '-0' : String(value) }
}

const names: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

const decode = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('$number' in value)) return value
  return names.get(value.$number) ?? value
}

// A replacer makes JSON.stringify several times slower, and almost no message needs one.
const isPlain = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isPlain)
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key])) return false
  return true
}

/** JSON text of `value`, one line unless `space` is given. Non-finite numbers survive a round trip. */
export const toJson = (value: unknown, space?: number): string =>
  JSON.stringify(value, isPlain(value) ? undefined : encode, space)

/** The value of text written by {@link toJson}. Throws SyntaxError on text that is no JSON. */
export const fromJson = (text: string): unknown => JSON.parse(text, text.includes('"$number"') ? decode : undefined)

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    : encode(_key, value)

/** JSON with sorted keys: equal values give equal text, so it can be hashed. */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sorted)
