// Is the schema that an experiment declares strict? Free strings, untyped values and open maps are refused:
// through them a misspelling would pass unseen.

import { dotted, type Path } from '../contract/dotted.ts'
import { isSchema, type JsonSchema } from './shape.ts'

export type SchemaFault = {
  readonly path: Path
  readonly code: 'SCHEMA_FREE_STRING' | 'SCHEMA_ANY' | 'SCHEMA_OPEN'
  readonly message: string
  readonly try: string
}

// parts of an allOf each see the others' keys and cannot be closed one by one; schemaFaults refuses them
const subschemas = ['anyOf', 'oneOf', 'prefixItems'] as const
const maps = ['properties', '$defs', 'definitions'] as const

const mapped = (value: unknown, change: (schema: JsonSchema) => JsonSchema): unknown =>
  isSchema(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, isSchema(inner) ? change(inner) : inner]))
    : value

/** The schema with every map closed that does not say otherwise. JSON Schema leaves them open, we do not. */
export const closed = (schema: JsonSchema): JsonSchema => {
  const result: Record<string, unknown> = { ...schema }
  for (const key of subschemas) {
    const list = schema[key]
    if (Array.isArray(list)) result[key] = list.map((item) => (isSchema(item) ? closed(item) : item))
  }
  for (const key of maps) if (key in schema) result[key] = mapped(schema[key], closed)
  for (const key of ['items', 'additionalProperties']) {
    const inner = schema[key]
    if (isSchema(inner)) result[key] = closed(inner)
  }
  const isObject = schema.type === 'object' || 'properties' in schema
  if (isObject && schema.type === undefined) result.type = 'object'
  if (isObject && !('additionalProperties' in schema)) result.additionalProperties = false
  return result
}

const named: ReadonlySet<unknown> = new Set(['name', 'path', 'note'])

const types = (schema: JsonSchema): unknown[] => (Array.isArray(schema.type) ? schema.type : [schema.type])

const freeString = (path: Path): SchemaFault => ({
  path,
  code: 'SCHEMA_FREE_STRING',
  message: `${dotted(path)} is a free string: a misspelling would pass unseen`,
  try: `${String(path.at(-1))}: z.enum([…]) for a closed choice, or name(), path() or note() for the three kinds that are free`,
})

const any = (path: Path): SchemaFault => ({
  path,
  code: 'SCHEMA_ANY',
  message: `${path.length === 0 ? 'config' : dotted(path)} takes any value`,
  try: `${String(path.at(-1) ?? 'config')}: z.int(), z.number(), z.boolean(), z.enum([…]), z.array(…) or z.strictObject({…})`,
})

const open = (path: Path): SchemaFault => ({
  path,
  code: 'SCHEMA_OPEN',
  message: `${path.length === 0 ? 'config' : dotted(path)} takes any key`,
  try: `${String(path.at(-1) ?? 'config')}: z.strictObject({…}), or z.record(z.enum([…]), …) or z.record(name(), …)`,
})

const isClosedChoice = (schema: JsonSchema): boolean =>
  Array.isArray(schema.enum) || 'const' in schema || named.has(schema.gonogo)

const objectFaults = (schema: JsonSchema, path: Path): SchemaFault[] => {
  const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : []
  const inner = properties.flatMap(([key, value]) => faultsOf(value, [...path, key]))
  const extra = schema.additionalProperties
  if (schema.patternProperties !== undefined || extra === true) return [...inner, open(path)]
  if (!isSchema(extra)) return inner
  const names = isSchema(schema.propertyNames) ? schema.propertyNames : {}
  if (!isClosedChoice(names)) return [...inner, open(path)]
  return [...inner, ...faultsOf(extra, [...path, '*'])]
}

const arrayFaults = (schema: JsonSchema, path: Path): SchemaFault[] => {
  const first = Array.isArray(schema.prefixItems) ? schema.prefixItems : []
  const faults = first.flatMap((item, index) => faultsOf(item, [...path, index]))
  if (schema.items === false || (first.length > 0 && schema.items === undefined && schema.maxItems === first.length)) {
    return faults
  }
  return [...faults, ...faultsOf(schema.items ?? true, [...path, '*'])]
}

const isType = (type: unknown): boolean =>
  type === 'number' || type === 'integer' || type === 'boolean' || type === 'null'

const faultsOf = (schema: unknown, path: Path): SchemaFault[] => {
  if (!isSchema(schema)) return schema === false ? [] : [any(path)]
  if (typeof schema.$ref === 'string') return []
  if (Array.isArray(schema.allOf)) return [open(path)]
  const unions = [schema.anyOf, schema.oneOf].filter(Array.isArray).flat()
  if (unions.length > 0) return unions.flatMap((part) => faultsOf(part, path))
  if (isClosedChoice(schema)) return []
  return types('properties' in schema ? { type: 'object', ...schema } : schema).flatMap((type) => {
    if (type === 'object') return objectFaults(schema, path)
    if (type === 'array') return arrayFaults(schema, path)
    if (type === 'string') return typeof schema.format === 'string' ? [] : [freeString(path)]
    return isType(type) ? [] : [any(path)]
  })
}

/** What is not strict about a schema, empty where it is. Definitions are looked at once, under their own names. */
export const schemaFaults = (schema: JsonSchema): SchemaFault[] => {
  const definitions = [schema.$defs, schema.definitions].filter(isSchema).flatMap(Object.entries<unknown>)
  const found = [...faultsOf(schema, []), ...definitions.flatMap(([name, inner]) => faultsOf(inner, [name]))]
  const once = new Map(found.map((fault) => [`${fault.code} ${dotted(fault.path)}`, fault]))
  return [...once.values()]
}
