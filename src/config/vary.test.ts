import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { description } from '../contract/facts.ts'
import { checkConfig } from './checkConfig.ts'
import { errorOf, minimal, standIn } from './folder.fixture.ts'
import { readRunFile } from './readRunFile.ts'
import { vary } from './vary.ts'

const here = standIn()
await writeFile(join(here.path, 'base.run.yaml'), minimal('config:\n  width: 16\n', 'base'))

const declared = description.parse({
  schema: {
    type: 'object',
    properties: {
      width: { type: 'integer', default: 16 },
      rate: { type: 'number', default: 0.1 },
      activation: { enum: ['on', 'off'], default: 'on' },
    },
  },
  task: { kind: 'classification', classes: 10, smoothing: 0, pretrained: false },
  metrics: [],
  objective: 'val_accuracy',
  issues: [],
})

test('writes what differs and nothing else', async () => {
  const changes = [
    'config.width=32',
    'config.rate=3e-4',
    'train.length={ steps: 100 }',
    'config.activation=off',
    'train.clip_norm=',
  ]
  const written = await vary('base.run.yaml', changes, 'wide.run.yaml', declared)
  expect(written).toBe(join(here.path, 'wide.run.yaml'))
  expect(await readFile('wide.run.yaml', 'utf8')).toBe(
    [
      'gonogo: 1',
      'name: base-width-32-rate-3e-4-length-steps-100-activation-off-f6b88842',
      'extends: ./base.run.yaml',
      'config:',
      '  width: 32',
      '  rate: 3e-4',
      '  activation: off',
      'train:',
      '  length: { steps: 100 }',
      '  clip_norm: null',
      '',
    ].join('\n'),
  )
  const loaded = await readRunFile('wide.run.yaml')
  expect(loaded.run).toMatchObject({ train: { length: { steps: 100 }, clip_norm: null } })
  expect(checkConfig(loaded, declared)).toEqual({ width: 32, rate: 3e-4, activation: 'off' })
})

describe('the name', () => {
  const nameAfter = async (changes: string[], out: string) => {
    await vary('base.run.yaml', changes, out)
    return (await readRunFile(out)).run.name
  }

  test('says what differs', async () => {
    expect(await nameAfter(['config.width=32'], 'n1.run.yaml')).toBe('base-width-32')
    expect(await nameAfter(['config.rate=3e-4', 'seed=1'], 'n2.run.yaml')).toBe('base-rate-3e-4-seed-1')
    expect(await nameAfter(['config.sizes=[1, 2]'], 'n3.run.yaml')).toBe('base-sizes-1-2')
  })

  test('may be given, and stays within its rule when it is long', async () => {
    expect(await nameAfter(['name=mine', 'seed=1'], 'n4.run.yaml')).toBe('mine')
    const long = await nameAfter([`config.note="${'long '.repeat(60)}"`], 'n5.run.yaml')
    const other = await nameAfter([`config.note="${'long '.repeat(61)}"`], 'n6.run.yaml')
    expect(long).toMatch(/^base-note-long.*-[0-9a-f]{8}$/)
    expect(long.length).toBeLessThanOrEqual(64)
    expect(other).not.toBe(long)
  })
})

test('finds the base from another folder, through links too', async () => {
  await mkdir('runs/today', { recursive: true })
  await vary('base.run.yaml', ['seed=5'], 'runs/today/v.run.yaml')
  expect(await readFile('runs/today/v.run.yaml', 'utf8')).toContain('extends: ../../base.run.yaml\n')
  const { run, experiment } = await readRunFile('runs/today/v.run.yaml')
  expect([run.seed, experiment]).toEqual([5, join(here.path, 'experiment.ts')])
})

test('never overwrites, and leaves nothing behind', async () => {
  await writeFile('taken.run.yaml', 'mine')
  expect(await errorOf(() => vary('base.run.yaml', ['seed=1'], 'taken.run.yaml'))).toMatchObject({
    code: 'VARY_EXISTS',
    where: 'taken.run.yaml',
    try: '-o taken-2.run.yaml',
  })
  expect(await readFile('taken.run.yaml', 'utf8')).toBe('mine')
  expect((await errorOf(() => vary('base.run.yaml', ['seed=1'], 'no/such/folder.yaml'))).code).toBe('VARY_WRITE')
  const both = await Promise.allSettled([1, 2].map((seed) => vary('base.run.yaml', [`seed=${seed}`], 'race.run.yaml')))
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await readdir('.')).filter((file) => file.startsWith('.'))).toEqual([])
})

test('a fault of the merged result is told, and nothing is written', async () => {
  const error = await errorOf(() => vary('base.run.yaml', ['train.batch_sise=3'], 'bad.run.yaml'))
  expect(error).toMatchObject({
    code: 'CONFIG_UNKNOWN_KEY',
    where: 'bad.run.yaml:5:3 (not written)',
    excerpt: '5 |   batch_sise: 3\n  |   ^^^^^^^^^^',
    try: 'batch_size',
  })
  const config = await errorOf(() => vary('base.run.yaml', ['config.widht=3'], 'bad.run.yaml', declared))
  expect(config).toMatchObject({ code: 'CONFIG_UNKNOWN_KEY', try: 'width' })
  const typed = await errorOf(() => vary('base.run.yaml', ['config.width="3"'], 'bad.run.yaml', declared))
  expect(typed).toMatchObject({ code: 'CONFIG_TYPE', seen: '"3" (text)' })
  await expect(stat('bad.run.yaml')).rejects.toThrow('ENOENT')
})

test.each([
  ['no equals sign', ['seed']],
  ['no key', ['=3']],
  ['a hole in the key', ['config..width=3']],
  ['a key twice', ['seed=1', 'seed=2']],
  ['a key and one in it', ['train.length={ steps: 3 }', 'train.length.steps=4']],
  ['two lines', ['seed=1\nname: x']],
  ['no YAML', ['config.width=[1']],
  ['a map by accident', ['config.width=a: b']],
  ['a tag', ['config.width=!!js/function x']],
  ['the version', ['gonogo=1']],
  ['another base', ['extends=./x.yaml']],
  ['nothing at all', []],
])('refuses %s', async (_, changes) => {
  expect((await errorOf(() => vary('base.run.yaml', changes, 'never.run.yaml'))).code).toBe('VARY_ASSIGNMENT')
})

test('whatever value is given comes back as it was', async () => {
  const value = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x)),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
    fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 3 }),
  )
  let count = 0
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      const out = `p${count++}.run.yaml`
      await vary('base.run.yaml', [`config.x=${JSON.stringify(given)}`], out)
      expect((await readRunFile(out)).run.config.x).toEqual(given)
    }),
    { numRuns: 60 },
  )
})
