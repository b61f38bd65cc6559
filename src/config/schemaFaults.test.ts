import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { name, note, path } from '../experiment/experiment.ts'
import { schemaFaults } from './schemaFaults.ts'

const of = (schema: z.ZodType) => schemaFaults(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as never)
const codes = (schema: z.ZodType) => of(schema).map(({ code, path: at }) => `${code} ${at.join('.')}`)

test('a strict schema has no fault', () => {
  const Colour = {
    Red: 'red',
    Blue: 'blue',
  } as const // what a TypeScript enum compiles to
  expect(
    codes(
      z.strictObject({
        a: z.int().min(1),
        b: z.number().nullable().default(null),
        c: z.boolean(),
        d: z.enum(['x', 'y']),
        e: z.enum(Colour),
        f: z.literal('only'),
        g: z.array(z.enum(['x'])),
        h: z.strictObject({ i: name(), j: path().optional(), k: note().default('') }),
        l: z.union([z.number(), z.literal('auto')]),
        m: z.record(z.enum(['p', 'q']), z.int()),
        n: z.record(name(), z.int()),
        o: z.tuple([z.number(), z.number()]),
        p: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('a') }),
          z.strictObject({ kind: z.literal('b') }),
        ]),
        q: z.iso.date(),
        r: z.array(name()),
        s: z.object({ t: z.int() }),
      }),
    ),
  ).toEqual([])
})

describe('refuses', () => {
  test.each<[string, z.ZodType, string]>([
    ['a free string', z.string(), 'SCHEMA_FREE_STRING a'],
    ['a pattern is still free', z.string().regex(/^x/), 'SCHEMA_FREE_STRING a'],
    ['a free string with a default', z.string().default('relu'), 'SCHEMA_FREE_STRING a'],
    ['a free string or null', z.string().nullable(), 'SCHEMA_FREE_STRING a'],
    ['a free string in a union', z.union([z.number(), z.string()]), 'SCHEMA_FREE_STRING a'],
    ['free strings in a list', z.array(z.string()), 'SCHEMA_FREE_STRING a.*'],
    ['free strings in a tuple', z.tuple([z.number(), z.string()]), 'SCHEMA_FREE_STRING a.1'],
    ['a free string deep down', z.strictObject({ b: z.strictObject({ c: z.string() }) }), 'SCHEMA_FREE_STRING a.b.c'],
    ['free strings as values of a record', z.record(z.enum(['p']), z.string()), 'SCHEMA_FREE_STRING a.*'],
    ['any', z.any(), 'SCHEMA_ANY a'],
    ['unknown', z.unknown(), 'SCHEMA_ANY a'],
    ['a list of anything', z.array(z.any()), 'SCHEMA_ANY a.*'],
    ['what JSON cannot say', z.date(), 'SCHEMA_ANY a'],
    ['an open map', z.looseObject({ b: z.int() }), 'SCHEMA_OPEN a'],
    ['a map of any names', z.record(z.string(), z.int()), 'SCHEMA_OPEN a'],
    ['a map of the rest', z.object({}).catchall(z.int()), 'SCHEMA_OPEN a'],
  ])('%s', (_, schema, expected) => {
    expect(codes(z.strictObject({ a: schema }))).toEqual([expected])
  })

  test('with the key and what to write instead', () => {
    expect(of(z.strictObject({ optimizer: z.strictObject({ kind: z.string() }) }))).toEqual([
      {
        path: ['optimizer', 'kind'],
        code: 'SCHEMA_FREE_STRING',
        message: 'optimizer.kind is a free string: a misspelling would pass unseen',
        try: 'kind: z.enum([…]) for a closed choice, or name(), path() or note() for the three kinds that are free',
      },
    ])
  })

  test('what a dataclass may give', () => {
    expect(schemaFaults({ type: 'object', properties: { a: {} } }).map(({ code }) => code)).toEqual(['SCHEMA_ANY'])
    expect(schemaFaults({ type: 'object', additionalProperties: true }).map(({ code }) => code)).toEqual([
      'SCHEMA_OPEN',
    ])
    expect(schemaFaults({}).map(({ code }) => code)).toEqual(['SCHEMA_ANY'])
    expect(
      schemaFaults({
        type: 'object',
        properties: { b: { $ref: '#/$defs/B' }, c: { $ref: '#/$defs/B' } },
        $defs: { B: { type: 'object', properties: { s: { type: 'string' } } } },
      }).map(({ code, path: at }) => `${code} ${at.join('.')}`),
    ).toEqual(['SCHEMA_FREE_STRING B.s'])
    const both = { allOf: [{ type: 'object', properties: { a: { type: 'integer' } } }] }
    expect(schemaFaults(both).map(({ code }) => code)).toEqual(['SCHEMA_OPEN'])
    const loop = {
      $ref: '#/$defs/Loop',
      $defs: { Loop: { type: 'object', properties: { next: { $ref: '#/$defs/Loop' } } } },
    }
    expect(schemaFaults(loop)).toEqual([])
  })
})
