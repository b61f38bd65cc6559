import { expect, test } from 'vitest'
import { z } from 'zod'
import { mutationsOf } from './mutations.ts'

const spoilt = (schema: z.ZodType, config: Record<string, unknown>) =>
  mutationsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), config)
const words = (schema: z.ZodType, config: Record<string, unknown>) =>
  spoilt(schema, config).mutations.map(({ path, words }) => `${path.join('.')}: ${words}`)

const strict = z.strictObject({
  rate: z.number(),
  layers: z.int(),
  kind: z.enum(['relu', 'gelu']),
  bias: z.boolean(),
  inner: z.strictObject({ depth: z.int() }),
})
const config = { rate: 0.1, layers: 2, kind: 'relu', bias: true, inner: { depth: 3 } }

test('each key is spoilt in each way that its type forbids', () => {
  expect(words(strict, config)).toEqual([
    'gonogo_unknown_key: an unknown key',
    'rate: text for a number',
    'layers: text for a number',
    'layers: a fraction for a whole number',
    'kind: a number for text',
    'kind: a value outside the closed choice',
    'bias: the text "false" for a boolean',
    'bias: a number for a boolean',
    'inner.gonogo_unknown_key: an unknown key',
    'inner.depth: text for a number',
    'inner.depth: a fraction for a whole number',
  ])
  expect(spoilt(strict, config).keys).toBe(6)
})

test('zod refuses every one of them, and a plain config stays as it was', () => {
  const before = structuredClone(config)
  for (const { config: wrong, path } of spoilt(strict, config).mutations)
    expect(strict.safeParse(wrong).success, path.join('.')).toBe(false)
  expect(config).toEqual(before)
})

test('what a declaration allows is not called a fault', () => {
  expect(words(z.strictObject({ either: z.union([z.number(), z.string()]) }), { either: 1 })).toEqual([
    'gonogo_unknown_key: an unknown key',
  ])
  expect(words(z.record(z.string(), z.number()), { any: 1 })).toEqual([])
})

test('free strings, and strings that are declared', () => {
  const { freeStrings } = spoilt(
    z.strictObject({
      free: z.string(),
      tag: z.string().meta({ gonogo: 'name' }),
      kind: z.enum(['a']),
      id: z.string().regex(/^a+$/),
    }),
    { free: 'x', tag: 'y', kind: 'a', id: 'a' },
  )
  expect(freeStrings).toEqual(['free'])
})

test('a key called __proto__ stays a key', () => {
  const schema = {
    type: 'object',
    properties: JSON.parse('{"__proto__": {"type": "number"}}'),
    additionalProperties: false,
  }
  const { mutations } = mutationsOf(schema, JSON.parse('{"__proto__": 1}'))
  const wrong = mutations.find(({ words }) => words === 'text for a number')
  expect(Object.keys(wrong?.config ?? {})).toEqual(['__proto__'])
})
