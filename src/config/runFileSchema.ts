// JSON Schema of the run file, the experiment's `config:` in it: what editors complete and check from.
// A file that extends another may leave out what the other states.
import { z } from 'zod'
import type { Description } from '../contract/facts.ts'
import { runFile } from '../contract/runFile.ts'
import { descriptions } from './descriptions.ts'
import { closed } from './schemaFaults.ts'
import { isSchema, type JsonSchema } from './shape.ts'

const extendsSchema: JsonSchema = {
  description:
    'A file this one builds on (./base.yaml), a file of a package (my-base/base.yaml), or a list. Maps merge, lists replace.',
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'string', minLength: 1 } },
  ],
}

let own: JsonSchema | undefined

/** The run file's own schema; made once, and only when somebody asks: it is not needed while all is well. */
const ownSchema = (): JsonSchema => {
  if (own !== undefined) return own
  const schema = z.toJSONSchema(runFile, { io: 'input' }) as JsonSchema
  own = { ...schema, properties: { extends: extendsSchema, ...(isSchema(schema.properties) ? schema.properties : {}) } }
  return own
}

/** References within a schema that now lies at another place of a larger one. */
const rebased = (value: unknown, at: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => rebased(item, at))
  if (!isSchema(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' && inner.startsWith('#')
        ? `${at}${inner.slice(1)}`
        : rebased(inner, at),
    ]),
  )
}

/** The whole run file as one schema: ours, with the experiment's under `config`. */
export const wholeSchema = (config: JsonSchema | null): JsonSchema => {
  const schema = ownSchema()
  if (config === null || !isSchema(schema.properties)) return schema
  const { $schema: _, ...inner } = closed(config)
  return { ...schema, properties: { ...schema.properties, config: rebased(inner, '#/properties/config') } }
}

const described = (schema: JsonSchema, path: string): JsonSchema => {
  const words = descriptions.get(path)
  const properties = entriesOf(schema).map(([key, inner]) => [
    key,
    described(inner, path === '' ? key : `${path}.${key}`),
  ])
  const branches = nullable(schema)?.map((branch) => (isMapSchema(branch) ? described(branch, path) : branch))
  return {
    ...schema,
    ...(words === undefined ? {} : { description: words }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(branches === undefined ? {} : { anyOf: branches }),
  }
}

type Requirements = {
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Requirements>>
  readonly additionalProperties?: Requirements
}

const isMapSchema = (schema: unknown): schema is JsonSchema => isSchema(schema) && schema.type === 'object'

/** The branches of a union that is a map or nothing; null for a choice among maps, which is stated whole. */
const nullable = (schema: JsonSchema): readonly unknown[] | null =>
  Array.isArray(schema.anyOf) && schema.anyOf.filter(isMapSchema).length === 1 ? schema.anyOf : null

const entriesOf = (schema: JsonSchema): [string, JsonSchema][] =>
  Object.entries(isSchema(schema.properties) ? schema.properties : {}).filter((entry): entry is [string, JsonSchema] =>
    isSchema(entry[1]),
  )

/** What maps must hold, taken out of the schema, so that it can be asked for only where nothing is extended. */
const requirements = (schema: JsonSchema): Requirements | null => {
  const map = nullable(schema)?.find(isMapSchema) ?? schema
  const inner = entriesOf(map).flatMap(([key, value]) => {
    const found = requirements(value)
    return found === null ? [] : [[key, found] as const]
  })
  const rest = isSchema(map.additionalProperties) ? requirements(map.additionalProperties) : null
  const required = Array.isArray(map.required) ? map.required.map(String) : []
  if (required.length === 0 && inner.length === 0 && rest === null) return null
  return {
    ...(required.length === 0 ? {} : { required }),
    ...(inner.length === 0 ? {} : { properties: Object.fromEntries(inner) }),
    ...(rest === null ? {} : { additionalProperties: rest }),
  }
}

/** The schema with maps that may be partial. */
const relaxed = (schema: JsonSchema): JsonSchema => {
  const { required: _, ...rest } = schema
  const branches = nullable(schema)
  return {
    ...rest,
    ...(branches === null ? {} : { anyOf: branches.map((branch) => (isMapSchema(branch) ? relaxed(branch) : branch)) }),
    ...(isSchema(schema.properties)
      ? {
          properties: {
            ...schema.properties,
            ...Object.fromEntries(entriesOf(schema).map(([key, value]) => [key, relaxed(value)])),
          },
        }
      : {}),
    ...(isSchema(schema.additionalProperties) ? { additionalProperties: relaxed(schema.additionalProperties) } : {}),
  }
}

/** JSON Schema (2020-12) of a run file for one experiment; for any experiment where `description` is null. */
export const runFileSchema = (description: Pick<Description, 'schema'> | null): Record<string, unknown> => {
  const whole = described(wholeSchema(description?.schema ?? null), '')
  const loose = relaxed(whole)
  const needed = requirements(whole)
  return {
    ...loose,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'gonogo run file',
    ...(needed === null ? {} : { if: { required: ['extends'] }, else: needed }),
  }
}
