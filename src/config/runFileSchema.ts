// JSON Schema of the run file, the experiment's `config:` in it: what editors complete and check from.
// A file that extends another may leave out what the other states.
import { z } from 'zod'
import { runFile } from '../contract/runFile.ts'
import type { Description } from '../contract/subject.ts'
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
  const properties = isSchema(schema.properties)
    ? Object.fromEntries(
        Object.entries(schema.properties).map(([key, inner]) => [
          key,
          isSchema(inner) ? described(inner, path === '' ? key : `${path}.${key}`) : inner,
        ]),
      )
    : undefined
  return {
    ...schema,
    ...(words === undefined ? {} : { description: words }),
    ...(properties === undefined ? {} : { properties }),
  }
}

type Requirements = { readonly required?: readonly string[]; readonly properties?: Readonly<Record<string, unknown>> }

/** What maps must hold, taken out of the schema, so that it can be asked for only where nothing is extended. */
const requirements = (schema: JsonSchema): Requirements | null => {
  const inner = Object.entries(isSchema(schema.properties) ? schema.properties : {}).flatMap(([key, value]) => {
    const found = isSchema(value) ? requirements(value) : null
    return found === null ? [] : [[key, found] as const]
  })
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  if (required.length === 0 && inner.length === 0) return null
  return {
    ...(required.length === 0 ? {} : { required }),
    ...(inner.length === 0 ? {} : { properties: Object.fromEntries(inner) }),
  }
}

/** The schema with maps that may be partial. Unions keep their keys: one choice is stated whole. */
const relaxed = (schema: JsonSchema): JsonSchema => {
  const { required: _, ...rest } = schema
  const properties = isSchema(schema.properties)
    ? Object.fromEntries(
        Object.entries(schema.properties).map(([key, value]) => [key, isSchema(value) ? relaxed(value) : value]),
      )
    : undefined
  return properties === undefined ? rest : { ...rest, properties }
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
