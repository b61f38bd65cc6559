import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Description, description } from '../contract/facts.ts'
import { name, note, path } from '../experiment/experiment.ts'
import { checkConfig, checkValue } from './checkConfig.ts'
import { codesOf, errorOf, minimal, printed, standIn } from './folder.fixture.ts'
import { readRunFile } from './readRunFile.ts'

const here = standIn()

const jsonSchema = (shape: z.ZodRawShape) =>
  z.toJSONSchema(z.strictObject(shape), { io: 'input' }) as Record<string, unknown>

const describing = (schema: Record<string, unknown> | null, issues: Description['issues'] = []): Description =>
  description.parse({
    schema,
    task: { kind: 'classification', classes: 10, smoothing: 0, pretrained: false },
    metrics: [{ name: 'val_accuracy', direction: 'max' }],
    objective: 'val_accuracy',
    issues,
  })

const mnist = jsonSchema({
  width: z.int().min(4).max(256).default(16),
  activation: z.enum(['relu', 'gelu', 'silu']).default('relu'),
  dropout: z.number().min(0).max(0.9).default(0.25),
  optimizer: z.enum(['adamw', 'sgd']).default('adamw'),
  learning_rate: z.number().positive().default(2e-3),
  weight_decay: z.number().min(0).default(0.01),
})

const loaded = async (config: string) => {
  await here.write('mnist.run.yaml', config)
  return readRunFile('mnist.run.yaml')
}
const fault = async (schema: Record<string, unknown>, config: string, issues: Description['issues'] = []) => {
  const run = await loaded(minimal(config))
  return errorOf(() => checkConfig(run, describing(schema, issues)))
}

test('the sample of UX.md, to the letter', async () => {
  const text = [
    '# yaml-language-server: $schema=.gonogo/mnist.schema.json',
    'gonogo: 1                     # required',
    'name: mnist-cnn               # never inherited',
    'experiment: ./experiment.ts   # .py',
    'seed: 0',
    'device: auto                  # auto | cpu | cuda | webgpu',
    'objective: val_accuracy',
    'config:                       # defaults live in experiment.ts',
    '  width: 16',
    '  activation: relu            # relu | gelu | silu',
    '  lerning_rate: 2e-3',
    'train:',
    '  length: { epochs: 3 }       # epochs | steps',
  ]
  const run = await loaded(text.join('\n'))
  expect(printed(await errorOf(() => checkConfig(run, describing(mnist))))).toBe(
    [
      'CONFIG_UNKNOWN_KEY  mnist.run.yaml:11:3',
      '  11 |   lerning_rate: 2e-3',
      '     |   ^^^^^^^^^^^^',
      '  seen      lerning_rate',
      '  expected  width, activation, dropout, optimizer, learning_rate or weight_decay',
      '  try       learning_rate',
    ].join('\n'),
  )
})

test('defaults are filled in, in the order of the schema', async () => {
  const run = await loaded(minimal('config: { learning_rate: 2e-5, width: 32 }\n'))
  expect(Object.entries(checkConfig(run, describing(mnist)))).toEqual([
    ['width', 32],
    ['activation', 'relu'],
    ['dropout', 0.25],
    ['optimizer', 'adamw'],
    ['learning_rate', 2e-5],
    ['weight_decay', 0.01],
  ])
})

test('text that looks like a number or a boolean is never converted', async () => {
  const schema = jsonSchema({
    rate: z.number().default(1),
    flag: z.boolean().default(false),
    width: z.int().default(1),
  })
  expect(printed(await fault(schema, 'config:\n  rate: "2e-5"\n'))).toBe(
    [
      'CONFIG_TYPE  mnist.run.yaml:7:9',
      '  7 |   rate: "2e-5"',
      '    |         ^^^^^^',
      '  seen      "2e-5" (text)',
      '  expected  a number',
      '  try       rate: 2e-5',
    ].join('\n'),
  )
  const flag = await fault(schema, 'config:\n  flag: yes\n')
  expect(flag).toMatchObject({
    code: 'CONFIG_TYPE',
    message: 'config.flag: yes is text in YAML 1.2; a boolean is written true or false',
    expected: 'true or false',
    try: 'flag: true',
  })
  expect(await fault(schema, 'config: { flag: off }\n')).toMatchObject({ try: 'flag: false' })
  expect(await fault(schema, 'config: { flag: 1 }\n')).toMatchObject({ code: 'CONFIG_TYPE', seen: '1 (a number)' })
  expect(await fault(schema, 'config: { rate: true }\n')).toMatchObject({ code: 'CONFIG_TYPE' })
  expect(await fault(schema, 'config: { width: 1.5 }\n')).toMatchObject({ code: 'CONFIG_TYPE', expected: 'an integer' })
  expect(await fault(schema, 'config: { rate: 1e }\n')).toMatchObject({
    message: 'config.rate: 1e is no complete number, so it is text',
  })
})

test('a key that belongs one level elsewhere', async () => {
  const schema = jsonSchema({ optimizer: z.strictObject({ rate: z.number().default(1) }).prefault({}) })
  expect(await fault(schema, 'config: { rate: 3 }\n')).toMatchObject({ try: 'config.optimizer.rate' })
  expect(await fault(schema, 'config: { batch_size: 3 }\n')).toMatchObject({ try: 'train.batch_size' })
})

test('what the experiment itself refuses is told at its place, once', async () => {
  const issues = [
    { path: ['width'], message: 'must be even' },
    { path: ['lerning_rate'], message: 'unknown' },
    { path: [], message: 'Unrecognized key: "lerning_rate"' },
  ]
  expect(codesOf(await fault(mnist, 'config:\n  width: 5\n', [{ path: ['width'], message: 'must be even' }]))).toEqual([
    'CONFIG_RANGE mnist.run.yaml:7:10',
  ])
  const error = await fault(mnist, 'config:\n  width: 5\n  lerning_rate: 3\n', issues)
  expect(codesOf(error)).toEqual(['CONFIG_RANGE mnist.run.yaml:7:10', 'CONFIG_UNKNOWN_KEY mnist.run.yaml:8:3'])
  expect(error).toMatchObject({ message: 'config.width: must be even', seen: '5 (a number)' })
  const whole = await fault(mnist, 'config:\n  width: 5\n', [
    { path: [], message: 'width and dropout do not go together' },
  ])
  expect(whole).toMatchObject({ where: 'mnist.run.yaml:6:1', message: 'config: width and dropout do not go together' })
})

test('an experiment with its own configuration gets what is written', async () => {
  const run = await loaded(minimal('config: { anything: [1, { a: yes }] }\n'))
  expect(checkConfig(run, describing(null))).toEqual({ anything: [1, { a: 'yes' }] })
})

test('a schema that is not strict is refused before any value', async () => {
  const error = await fault(jsonSchema({ act: z.string() }), 'config: { act: relu }\n')
  expect(error).toMatchObject({ code: 'SCHEMA_FREE_STRING', where: 'experiment.ts', seen: 'config.act' })
  expect(error.try).toContain('z.enum([…])')
})

test('paths are relative to the file that states them; a name of a package stays a name', async () => {
  const schema = jsonSchema({ data: path(), more: path().default('./default'), list: z.array(path()).default([]) })
  await mkdir('team/there', { recursive: true })
  await writeFile('team/base.yaml', 'config: { data: ./images, list: [../up, there, some-package/x, /abs] }\n')
  const run = await loaded(minimal('extends: ./team/base.yaml\n'))
  expect(checkConfig(run, describing(schema))).toEqual({
    data: join(here.path, 'team/images'),
    more: './default',
    list: [join(here.path, 'up'), join(here.path, 'team/there'), 'some-package/x', '/abs'],
  })
})

describe('checkValue', () => {
  const codes = (schema: Record<string, unknown>, config: unknown) =>
    checkValue(schema, config).map((issue) => `${issue.code} ${issue.path.join('.')}`)
  const schema = jsonSchema({
    enum: z.enum(['a', 'b']).default('a'),
    int: z.int().default(1),
    above: z.number().gt(0).lt(1).default(0.5),
    nullable: z.number().min(0).nullable().default(null),
    nested: z.strictObject({ deep: z.strictObject({ x: z.int() }) }).optional(),
    list: z.array(z.int().min(1)).min(1).max(3).default([1]),
    literal: z.literal('only').default('only'),
    union: z.union([z.strictObject({ epochs: z.int() }), z.strictObject({ steps: z.int() })]).optional(),
    kinds: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('a'), x: z.int() }),
        z.strictObject({ kind: z.literal('b'), y: z.int() }),
      ])
      .optional(),
    pair: z.tuple([z.number(), z.number()]).optional(),
    record: z.record(z.enum(['p', 'q']), z.int()).optional(),
    tag: name().default('t'),
    remark: note().default(''),
    even: z.int().multipleOf(2).default(2),
    either: z.union([z.number(), z.literal('auto')]).default('auto'),
  })

  test.each<[string, unknown, string[]]>([
    ['nothing', {}, []],
    ['enum', { enum: 'c' }, ['CONFIG_ENUM enum']],
    ['enum of another type', { enum: 3 }, ['CONFIG_TYPE enum']],
    ['integer', { int: 1.5 }, ['CONFIG_TYPE int']],
    ['integer as text', { int: '1' }, ['CONFIG_TYPE int']],
    ['boolean as integer', { int: true }, ['CONFIG_TYPE int']],
    ['unsafe integer', { int: 1e300 }, ['CONFIG_RANGE int']],
    ['exclusive bounds', { above: 0 }, ['CONFIG_RANGE above']],
    ['exclusive bounds above', { above: 1 }, ['CONFIG_RANGE above']],
    ['nullable', { nullable: null }, []],
    ['nullable of another type', { nullable: 'x' }, ['CONFIG_TYPE nullable']],
    ['nullable out of range', { nullable: -1 }, ['CONFIG_RANGE nullable']],
    [
      'nested',
      { nested: { deep: { x: '1', y: 2 } } },
      ['CONFIG_TYPE nested.deep.x', 'CONFIG_UNKNOWN_KEY nested.deep.y'],
    ],
    ['nested, missing', { nested: { deep: {} } }, ['CONFIG_REQUIRED nested.deep.x']],
    ['list', { list: [1, 0, 'x'] }, ['CONFIG_RANGE list.1', 'CONFIG_TYPE list.2']],
    ['list too short', { list: [] }, ['CONFIG_RANGE list']],
    ['list too long', { list: [1, 2, 3, 4] }, ['CONFIG_RANGE list']],
    ['list that is none', { list: 1 }, ['CONFIG_TYPE list']],
    ['literal', { literal: 'other' }, ['CONFIG_ENUM literal']],
    ['union', { union: { epochs: 1 } }, []],
    ['union of another kind', { union: { epoch: 1 } }, ['CONFIG_UNKNOWN_KEY union.epoch']],
    ['union with both', { union: { epochs: 1, steps: 1 } }, ['CONFIG_UNKNOWN_KEY union.steps']],
    ['discriminated', { kinds: { kind: 'b', y: 'x' } }, ['CONFIG_TYPE kinds.y']],
    ['discriminated by nothing known', { kinds: { kind: 'c' } }, ['CONFIG_ENUM kinds.kind', 'CONFIG_REQUIRED kinds.x']],
    ['tuple', { pair: [1, 'x'] }, ['CONFIG_TYPE pair.1']],
    ['tuple too short', { pair: [1] }, ['CONFIG_RANGE pair']],
    ['record', { record: { p: 1, q: 2 } }, []],
    ['name', { tag: 3 }, ['CONFIG_TYPE tag']],
    ['empty name', { tag: '' }, ['CONFIG_RANGE tag']],
    ['multiple', { even: 3 }, ['CONFIG_RANGE even']],
    ['number or word', { either: 'atuo' }, ['CONFIG_ENUM either']],
    ['not a number', { above: Number.NaN }, ['CONFIG_TYPE above']],
    ['a list for the whole', [], ['CONFIG_TYPE ']],
    ['nothing for the whole', null, ['CONFIG_TYPE ']],
  ])('%s', (_, config, expected) => {
    expect(codes(schema, config)).toEqual(expected)
  })

  test('an unknown key of a record is refused', () => {
    expect(codes(schema, { record: { p: 1, q: 2, r: 3 } })).toEqual(['CONFIG_UNKNOWN_KEY record.r'])
  })

  test('maps are closed even where the schema leaves them open', () => {
    const open = { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'integer' } } } } }
    expect(codes(open, { a: { b: 1, c: 2 }, d: 3 })).toEqual(['CONFIG_UNKNOWN_KEY a.c', 'CONFIG_UNKNOWN_KEY d'])
    expect(codes({ properties: { a: { type: 'integer' } } }, { b: 1 })).toEqual(['CONFIG_UNKNOWN_KEY b'])
  })

  test('references and definitions, as a dataclass gives them', () => {
    const schema = {
      type: 'object',
      properties: { block: { $ref: '#/$defs/Block' }, width: { type: 'integer', default: 3 } },
      $defs: { Block: { type: 'object', properties: { depth: { type: 'integer', minimum: 1 } }, required: ['depth'] } },
    }
    expect(codes(schema, { block: { depth: 0 } })).toEqual(['CONFIG_RANGE block.depth'])
    expect(codes(schema, { block: { deph: 1 } })).toEqual(['CONFIG_UNKNOWN_KEY block.deph'])
    expect(checkValue(schema, { block: { depth: '3' } })[0]?.message).toContain('expected an integer of at least 1')
  })

  test('keys named like members of every object', () => {
    const own = JSON.parse('{ "__proto__": { "polluted": 1 } }') as unknown
    expect(codes(schema, own)).toEqual(['CONFIG_UNKNOWN_KEY __proto__'])
    expect(codes(schema, { constructor: 1 })).toEqual(['CONFIG_UNKNOWN_KEY constructor'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('a schema that cannot be checked is refused, not passed over', async () => {
    const odd = { type: 'object', properties: { a: { if: {}, type: 'integer' } } }
    expect((await errorOf(() => checkValue(odd, {}))).code).toBe('SCHEMA_UNSUPPORTED')
  })

  test('checks one schema twice, whatever its id', () => {
    const schema = { type: 'object', id: 'config', properties: { a: { type: 'integer', default: 1 } } }
    expect([codes(schema, {}), codes(schema, {})]).toEqual([[], []])
  })
})

test('defaults inside a default are filled in too', async () => {
  const inner = z.strictObject({ a: z.int(), b: z.strictObject({ c: z.int().default(3) }).prefault({}) })
  const run = await loaded(minimal())
  expect(checkConfig(run, describing(jsonSchema({ outer: inner.prefault({ a: 1 }) })))).toEqual({
    outer: { a: 1, b: { c: 3 } },
  })
})
