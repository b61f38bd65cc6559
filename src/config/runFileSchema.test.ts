import { expect, test } from 'vitest'
import { z } from 'zod'
import { runFile } from '../contract/runFile.ts'
import { descriptions } from './descriptions.ts'
import { runFileSchema } from './runFileSchema.ts'
import { isSchema, type JsonSchema, keysAt } from './shape.ts'

const config = {
  type: 'object',
  properties: {
    width: { type: 'integer', minimum: 4, default: 16, description: 'Channels of the first stage.' },
    depth: { type: 'integer' },
    block: { $ref: '#/$defs/Block' },
  },
  required: ['depth'],
  $defs: { Block: { type: 'object', properties: { kind: { enum: ['a', 'b'] } } } },
}
const schema = runFileSchema({ schema: config })

type Needs = { required?: string[]; properties?: Record<string, Needs>; additionalProperties?: Needs }

/** `required` as JSON Schema means it: it speaks of maps only, and of keys that are there. */
const complete = (needs: Needs, value: unknown): boolean => {
  if (!isSchema(value)) return true
  const rest = needs.additionalProperties
  return (
    (needs.required ?? []).every((key) => key in value) &&
    Object.entries(needs.properties ?? {}).every(([key, inner]) => !(key in value) || complete(inner, value[key])) &&
    (rest === undefined || Object.values(value).every((inner) => complete(rest, inner)))
  )
}

/** zod reads neither `if` nor references outside $defs, so the test follows those two itself. */
const accepts = (value: Record<string, unknown>): boolean => {
  const { if: condition, else: otherwise, ...rest } = schema
  expect(condition).toEqual({ required: ['extends'] })
  const block = JSON.stringify({ ...config.$defs.Block, additionalProperties: false })
  const plain = JSON.parse(
    JSON.stringify(rest).replaceAll('{"$ref":"#/properties/config/$defs/Block"}', block),
  ) as never
  const fits = z.fromJSONSchema(plain, { registry: z.registry() }).safeParse(value).success
  return fits && ('extends' in value || complete(otherwise as Needs, value))
}

const whole = { gonogo: 1, name: 'a', experiment: './e.ts', config: { depth: 1 }, train: { length: { epochs: 1 } } }

test('accepts a whole file, refuses what is wrong in it', () => {
  expect(accepts(whole)).toBe(true)
  expect(accepts({ ...whole, config: { depth: 1, block: { kind: 'a' } } })).toBe(true)
  expect(accepts({ ...whole, sed: 1 })).toBe(false)
  expect(accepts({ ...whole, config: { depth: 1, widht: 1 } })).toBe(false)
  expect(accepts({ ...whole, config: { depth: 1, width: 1 } })).toBe(false)
  expect(accepts({ ...whole, config: { depth: 1, block: { kind: 'c' } } })).toBe(false)
  expect(accepts({ ...whole, config: { depth: 1, block: { knd: 'a' } } })).toBe(false)
})

test('asks for what is required, unless another file may state it', () => {
  expect(accepts({ gonogo: 1, name: 'a' })).toBe(false)
  expect(accepts({ ...whole, train: {} })).toBe(false)
  expect(accepts({ ...whole, config: {} })).toBe(false)
  expect(accepts({ name: 'a', extends: './base.yaml' })).toBe(true)
  expect(
    accepts({ name: 'a', extends: ['./base.yaml', 'team/x.yaml'], train: { batch_size: 3 }, config: { width: 8 } }),
  ).toBe(true)
  expect(accepts({ name: 'a', extends: './base.yaml', stop: { patience: { min_delta: 1 } } })).toBe(true)
  expect(accepts({ name: 'a', extends: './base.yaml', train: { batch_sise: 3 } })).toBe(false)
  expect(accepts({ name: 'a', extends: 3 })).toBe(false)
  expect(accepts({ ...whole, stop: { patience: { min_delta: 1 } } })).toBe(false)
  expect(accepts({ ...whole, stop: { patience: null } })).toBe(true)
  expect(accepts({ ...whole, preflight: { checks: { D7: { reason: 'x' } } } })).toBe(false)
  expect(accepts({ ...whole, train: { length: {} }, extends: './a.yaml' })).toBe(false)
})

test('every key of the run file is described, and nothing else is', () => {
  const own = runFileSchema(null)
  const paths: string[] = []
  const visit = (path: string[]) => {
    for (const key of keysAt(own, path)) {
      if (path.length === 0 && key === 'extends') continue
      const at = [...path, key]
      // the members of a choice explain themselves
      if (['length', 'every'].includes(String(path.at(-1)))) continue
      paths.push(at.join('.'))
      visit(at)
    }
  }
  visit([])
  expect(paths.filter((path) => !descriptions.has(path) && !path.startsWith('preflight.checks.'))).toEqual([])
  expect([...descriptions.keys()].filter((path) => !paths.includes(path))).toEqual([])
})

test('carries descriptions, ours and the experiment’s, and points its references into itself', () => {
  const at = (path: string[]) =>
    path.reduce<unknown>(
      (value, key) => (isSchema(value) && isSchema(value.properties) ? value.properties[key] : undefined),
      schema,
    ) as JsonSchema
  expect(at(['train', 'batch_size']).description).toBe('Samples a step.')
  expect(at(['config', 'width']).description).toBe('Channels of the first stage.')
  expect(at(['config', 'block']).$ref).toBe('#/properties/config/$defs/Block')
  expect(at(['config']).additionalProperties).toBe(false)
})

test('is made from the contract: what the contract refuses, it refuses', () => {
  for (const value of [
    { ...whole, seed: -1 },
    { ...whole, stop: { mode: 'on' } },
    { ...whole, name: 'a b' },
  ]) {
    expect(runFile.safeParse(value).success).toBe(false)
    expect(accepts(value)).toBe(false)
  }
})
