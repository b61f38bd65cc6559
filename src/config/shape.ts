// Reads JSON Schema: which keys a place allows, what it expects in words, where else a key would belong.
// It checks no value.

import type { Path } from '../contract/dotted.ts'
import { anyOf } from '../contract/nearest.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

export const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value.filter(isSchema) : [])

/** `#/$defs/Name` within `root`; undefined for a reference that leads nowhere or outside. */
const follow = (root: JsonSchema, reference: string): JsonSchema | undefined => {
  if (!reference.startsWith('#')) return undefined
  let at: unknown = root
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = isSchema(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }
  return isSchema(at) ? at : undefined
}

/** The alternatives of one place: references followed, unions opened, one entry a type. */
export const alternatives = (root: JsonSchema, schema: JsonSchema, depth = 0): JsonSchema[] => {
  if (depth > 32) return []
  const open = (parts: readonly JsonSchema[]) => parts.flatMap((part) => alternatives(root, part, depth + 1))
  if (typeof schema.$ref === 'string') {
    const target = follow(root, schema.$ref)
    return target === undefined ? [] : open([target])
  }
  const union = [...listOf(schema.anyOf), ...listOf(schema.oneOf), ...listOf(schema.allOf)]
  if (union.length > 0) return open(union)
  if (Array.isArray(schema.type)) return schema.type.map((type) => ({ ...schema, type }))
  return [schema]
}

const stepInto = (root: JsonSchema, schema: JsonSchema, part: string | number): JsonSchema[] => {
  if (typeof part === 'number') {
    const item = listOf(schema.prefixItems)[part] ?? schema.items
    return isSchema(item) ? alternatives(root, item) : []
  }
  const properties = isSchema(schema.properties) ? schema.properties : {}
  const next = Object.hasOwn(properties, part) ? properties[part] : schema.additionalProperties
  return isSchema(next) ? alternatives(root, next) : []
}

/** The schemas that may hold at a path, one a type. */
export const schemasAt = (root: JsonSchema, path: Path): JsonSchema[] =>
  path.reduce<JsonSchema[]>(
    (schemas, part) => schemas.flatMap((schema) => stepInto(root, schema, part)),
    alternatives(root, root),
  )

const propertiesOf = (schema: JsonSchema): string[] =>
  isSchema(schema.properties) ? Object.keys(schema.properties) : []

/** The keys allowed in the map at a path. */
export const keysAt = (root: JsonSchema, path: Path): string[] => [
  ...new Set(schemasAt(root, path).flatMap(propertiesOf)),
]

/** Paths at which a key of this name is known, nearest the top first. */
export const pathsOf = (root: JsonSchema, name: string, deepest = 6): string[][] => {
  const found: string[][] = []
  const visit = (schemas: readonly JsonSchema[], path: string[]) => {
    for (const key of new Set(schemas.flatMap(propertiesOf))) {
      if (key === name) found.push([...path, key])
      if (path.length < deepest)
        visit(
          schemas.flatMap((schema) => stepInto(root, schema, key)),
          [...path, key],
        )
    }
  }
  visit(alternatives(root, root), [])
  return found.sort((a, b) => a.length - b.length)
}

const bound = (value: unknown): number | undefined =>
  // the safe integer range is what zod writes for "any integer"
  typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined

const range = (schema: JsonSchema): string => {
  const least = bound(schema.minimum)
  const most = bound(schema.maximum)
  const above = bound(schema.exclusiveMinimum)
  const below = bound(schema.exclusiveMaximum)
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`
  const low = above !== undefined ? `above ${above}` : least !== undefined ? `of at least ${least}` : ''
  const high = below !== undefined ? `below ${below}` : most !== undefined ? `at most ${most}` : ''
  const parts = [low, high].filter((part) => part !== '')
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`
}

const text = (schema: JsonSchema): string => {
  if (schema.gonogo === 'name' || schema.gonogo === 'path') return `a ${schema.gonogo}`
  if (schema.gonogo === 'note') return 'a note'
  return typeof schema.pattern === 'string' ? `text that fits /${schema.pattern}/` : 'text'
}

const lengthOf = (schema: JsonSchema): string => {
  const least = bound(schema.minItems)
  const most = bound(schema.maxItems)
  if (least !== undefined && least === most) return `${least} `
  if (least !== undefined && most !== undefined) return `${least} to ${most} `
  return least !== undefined && least > 0 ? `at least ${least} ` : most !== undefined ? `at most ${most} ` : ''
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const wordsOf = (root: JsonSchema, schema: JsonSchema): string[] => {
  if (Array.isArray(schema.enum)) return schema.enum.map(shown)
  if ('const' in schema) return [shown(schema.const)]
  switch (schema.type) {
    case 'integer':
      return [`an integer${range(schema)}`]
    case 'number':
      return [
        `a number${range(schema)}${bound(schema.multipleOf) === undefined ? '' : `, a multiple of ${schema.multipleOf}`}`,
      ]
    case 'boolean':
      return ['true', 'false']
    case 'null':
      return ['null']
    case 'string':
      return [text(schema)]
    case 'array': {
      const length = lengthOf(schema)
      const items = isSchema(schema.items) ? `, each ${inWords(root, alternatives(root, schema.items))}` : ''
      return [length === '' ? `a list${items}` : `a list of ${length}values${items}`]
    }
    case 'object': {
      const keys = propertiesOf(schema)
      return [keys.length === 0 ? 'a map' : `a map (${keys.join(', ')})`]
    }
    default:
      return ['a value']
  }
}

/** What is expected, in words: `a number above 0`, `relu, gelu or silu`, `an integer of at least 1 or null`. */
export const inWords = (root: JsonSchema, schemas: readonly JsonSchema[]): string => {
  const words = [...new Set(schemas.flatMap((schema) => wordsOf(root, schema)))]
  return anyOf(words)
}

/** The closed choices of a place: enum values and constants. */
export const optionsOf = (schemas: readonly JsonSchema[]): unknown[] =>
  schemas.flatMap((schema) => (Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : []))
