// Paths into a value, and how a person reads them: `config.learning_rate`.
// It resolves nothing; a path is data.

export type Path = readonly (string | number)[]

/** `config.learning_rate`, `layers[0]`; a key that holds a dot or another sign is quoted: `checks["a.b"]`. */
export const dotted = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    if (!/^[\p{L}\p{N}_-]+$/u.test(part)) return `${text}[${JSON.stringify(part)}]`
    return text === '' ? part : `${text}.${part}`
  }, '')

/** Every value that stands by itself, with its path: scalars, lists, and maps without keys. */
export function* leavesOf(
  value: unknown,
  path: Path = [],
): Generator<{ readonly path: Path; readonly value: unknown }> {
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  if (entries.length === 0) yield { path, value }
  for (const [key, inner] of entries) yield* leavesOf(inner, [...path, key])
}
