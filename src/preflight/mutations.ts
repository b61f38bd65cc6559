// Wrong configs made from a right one: for each key of a JSON Schema, values that a strict validator must refuse.
// Pure. Reads the part of JSON Schema that declarations of settings use; what it cannot read it does not mutate.
import type { Cause } from '../contract/index.ts'

export type JsonSchema = Readonly<Record<string, unknown>>
type Path = readonly (string | number)[]

export type Mutation = {
  readonly path: Path
  readonly cause: Cause
  /** `text for a number`. */
  readonly words: string
  readonly config: Record<string, unknown>
  readonly value: unknown
}

export type Keys = { readonly mutations: Mutation[]; readonly keys: number; readonly freeStrings: string[] }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (object: JsonSchema, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined)

const resolved = (schema: unknown, root: JsonSchema, depth = 0): JsonSchema => {
  if (!isObject(schema)) return {}
  const reference = own(schema, '$ref')
  if (typeof reference !== 'string' || depth > 20) return schema
  let target: unknown = root
  for (const part of reference.replace(/^#\/?/, '').split('/').filter(Boolean))
    target = isObject(target) ? own(target, decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')) : {}
  return resolved(target, root, depth + 1)
}

const choices = (schema: JsonSchema): unknown[] | null => {
  for (const key of ['anyOf', 'oneOf']) {
    const value = own(schema, key)
    if (Array.isArray(value)) return value
  }
  return null
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value

/** JSON types that a schema takes; null where it does not say. */
const typesOf = (schema: JsonSchema, root: JsonSchema): Set<string> | null => {
  const given = own(schema, 'type')
  if (typeof given === 'string') return new Set([given])
  if (Array.isArray(given)) return new Set(given.map(String))
  const values = own(schema, 'enum') ?? (Object.hasOwn(schema, 'const') ? [schema.const] : undefined)
  if (Array.isArray(values)) return new Set(values.map(typeOf))
  const parts = choices(schema)?.map((part) => typesOf(resolved(part, root), root))
  if (!parts || parts.includes(null)) return null
  return new Set(parts.flatMap((part) => [...(part ?? [])]))
}

/** Every value a closed choice takes; null where it is open. */
const closed = (schema: JsonSchema, root: JsonSchema): unknown[] | null => {
  const values = own(schema, 'enum')
  if (Array.isArray(values)) return values
  if (Object.hasOwn(schema, 'const')) return [schema.const]
  const parts = choices(schema)?.map((part) => closed(resolved(part, root), root))
  if (!parts || parts.includes(null)) return null
  return parts.flatMap((part) => part ?? [])
}

/** A string that may be anything: no closed choice, no pattern, not declared a name, a path or a note. */
const isFreeString = (schema: JsonSchema, root: JsonSchema): boolean => {
  const parts = choices(schema)
  if (parts && own(schema, 'gonogo') === undefined)
    return parts.some((part) => isFreeString(resolved(part, root), root))
  const declared = ['enum', 'const', 'pattern', 'format', 'gonogo', 'contentEncoding'].some((key) =>
    Object.hasOwn(schema, key),
  )
  return !declared && typesOf(schema, root)?.has('string') === true
}

const withValue = (config: unknown, path: Path, value: unknown): unknown => {
  const [head, ...rest] = path
  if (head === undefined) return value
  if (Array.isArray(config)) return config.map((item, i) => (i === head ? withValue(item, rest, value) : item))
  const entries = Object.entries(isObject(config) ? config : {}).filter(([key]) => key !== head)
  const inner = isObject(config) && Object.hasOwn(config, head) ? config[head] : undefined
  return Object.fromEntries([...entries, [head, withValue(inner, rest, value)]])
}

const unknownKey = 'gonogo_unknown_key'
const outside = 'gonogo-no-such-choice'

/** Every key of `schema`, and what to try on it. `config` must be valid. */
export const mutationsOf = (schema: JsonSchema, config: Record<string, unknown>): Keys => {
  const mutations: Mutation[] = []
  const freeStrings: string[] = []
  let keys = 0
  const add = (path: Path, words: string, value: unknown, cause: Cause = 'wrong-type-accepted') =>
    mutations.push({ path, cause, words, value, config: withValue(config, path, value) as Record<string, unknown> })

  const visit = (given: unknown, value: unknown, path: Path, depth: number): void => {
    const part = resolved(given, schema)
    if (depth > 12) return
    const properties = own(part, 'properties')
    if (isObject(properties) && (isObject(value) || path.length === 0)) {
      // a map of any keys is a declaration too; only an object with named keys is closed
      if (!isOpenMap(part)) add([...path, unknownKey], 'an unknown key', 1, 'unknown-key-accepted')
      for (const [key, inner] of Object.entries(properties)) {
        keys++
        visit(inner, isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined, [...path, key], depth + 1)
      }
      return
    }
    if (Array.isArray(value) && value.length > 0) visit(own(part, 'items'), value[0], [...path, 0], depth + 1)
    else if (path.length > 0) leaf(part, value, path)
  }

  const leaf = (part: JsonSchema, value: unknown, path: Path): void => {
    const types = typesOf(part, schema) ?? (value === undefined ? null : new Set([typeOf(value)]))
    if (types === null) return
    const takes = (...names: string[]) => names.some((name) => types.has(name))
    const options = closed(part, schema)
    if (isFreeString(part, schema)) freeStrings.push(path.join('.'))
    if (takes('number', 'integer') && !takes('string')) add(path, 'text for a number', '0.001')
    if (takes('integer') && !takes('number')) add(path, 'a fraction for a whole number', fraction(value))
    if (takes('boolean') && !takes('string')) add(path, 'the text "false" for a boolean', 'false')
    if (takes('boolean') && !takes('number', 'integer')) add(path, 'a number for a boolean', 1)
    if (takes('string') && !takes('number', 'integer')) add(path, 'a number for text', 3)
    if (options?.some((option) => typeof option === 'string') === true)
      add(path, 'a value outside the closed choice', outside)
    if (takes('array', 'object') && !takes('string')) add(path, 'text for a structure', 'x')
    // a map of anything: what it takes, it takes unread
    if (takes('object') && !isOpenMap(part)) add([...path, unknownKey], 'an unknown key', 1, 'unknown-key-accepted')
  }

  visit(schema, config, [], 0)
  return { mutations, keys, freeStrings }
}

const fraction = (value: unknown): number => (typeof value === 'number' ? value : 1) + 0.5

const isOpenMap = (schema: JsonSchema): boolean => {
  const rest = own(schema, 'additionalProperties')
  return isObject(rest) && Object.keys(rest).length > 0
}
