// Faults of `sweep:` and `seeds:`, told at their place in the run file; what a sound space becomes; the file of a trial.
// Not how points are drawn: plan/sweep does.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { sweepSettings } from '../contract/index.ts'
import { name, path } from '../experiment/experiment.ts'
import { codesOf, errorOf, minimal, standIn } from './folder.fixture.ts'
import { loadSource, readRunFile } from './readRunFile.ts'
import { sourceOf } from './source.ts'
import { checkPoints, parametersOf } from './space.ts'
import { trialText } from './trialFile.ts'

const here = standIn()

const schema = z.toJSONSchema(
  z.strictObject({
    width: z.int().min(4).max(256).default(16),
    activation: z.enum(['relu', 'gelu', 'silu']).default('relu'),
    norm: z.boolean().default(true),
    learning_rate: z.number().positive().default(2e-3),
    label: name().default('a'),
    vocabulary: path().default('words.txt'),
    heads: z.int().min(1),
    inner: z.strictObject({ depth: z.int().min(1).default(2) }).default({ depth: 2 }),
  }),
  { io: 'input' },
) as Record<string, unknown>

const read = async (sweep: string, more = 'config: { heads: 1 }\n') => {
  await here.write('s.run.yaml', minimal(`${more}sweep:\n${sweep}`))
  return readRunFile('s.run.yaml')
}
const parameters = async (sweep: string, own: Record<string, unknown> | null = schema) => {
  const loaded = await read(sweep)
  return parametersOf(loaded, sweepSettings.parse(loaded.run.sweep), { schema: own })
}

test('a sound space: integers by the schema, all by its choices, conditions as lists', async () => {
  const found = await parameters(`  space:
    config.width: { log: [4, 64] }
    config.learning_rate: { log: [1e-4, 1e-2], points: 3 }
    config.activation: { values: all }
    config.norm: { values: all, when: { config.activation: gelu } }
    config.inner.depth: { values: [1, 3], when: { config.activation: [relu, silu] } }
    train.batch_size: { values: [16, 32] }
`)
  expect(found.map(({ range }) => range)).toEqual([
    { kind: 'log', low: 4, high: 64, integer: true, points: null },
    { kind: 'log', low: 1e-4, high: 1e-2, integer: false, points: 3 },
    { kind: 'values', values: ['relu', 'gelu', 'silu'] },
    { kind: 'values', values: [false, true] },
    { kind: 'values', values: [1, 3] },
    { kind: 'values', values: [16, 32] },
  ])
  expect(found[3]?.when).toEqual(new Map([['config.activation', ['gelu']]]))
})

describe('told at its place', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['    config.lerning_rate: { log: [1e-4, 1e-2] }', 'CONFIG_UNKNOWN_KEY s.run.yaml:9:5', 'config.learning_rate'],
    ['    learning_rate: { log: [1e-4, 1e-2] }', 'CONFIG_UNKNOWN_KEY s.run.yaml:9:5', 'config.learning_rate'],
    ['    train.length: { values: [1, 2] }', 'CONFIG_UNKNOWN_KEY s.run.yaml:9:5', ''],
    ['    seed: { values: [1, 2] }', 'CONFIG_UNKNOWN_KEY s.run.yaml:9:5', ''],
    ['    config.width: { linear: [2, 64] }', 'CONFIG_RANGE s.run.yaml:9:30', ''],
    ['    config.width: { linear: [64, 4] }', 'CONFIG_RANGE s.run.yaml:9:21', ''],
    ['    config.width: { linear: [4.5, 9] }', 'CONFIG_TYPE s.run.yaml:9:30', ''],
    ['    config.activation: { values: [relu, glu] }', 'CONFIG_ENUM s.run.yaml:9:41', ''],
    ['    config.activation: { log: [1, 2] }', 'CONFIG_TYPE s.run.yaml:9:26', 'values: all'],
    ['    config.width: { values: all }', 'CONFIG_RANGE s.run.yaml:9:29', 'values: […]'],
    ['    train.batch_size: { values: [0, 8] }', 'CONFIG_RANGE s.run.yaml:9:34', ''],
    ['    config.width: { linear: [4, 8], log: [4, 8] }', 'CONFIG_UNKNOWN_KEY s.run.yaml:9:', ''],
    ['    config.learning_rate: { log: [0, 1] }', 'CONFIG_RANGE s.run.yaml:9:35', ''],
    ['    config.width: { linear: [4, 8], when: { config.norm: true } }', 'CONFIG_RANGE s.run.yaml:9:45', ''],
    [
      '    config.norm: { values: all }\n    config.width: { linear: [4, 8], when: { config.norm: maybe } }',
      'CONFIG_RANGE s.run.yaml:10:',
      '',
    ],
    [
      '    config.norm: { values: all, when: { config.activation: relu } }\n    config.activation: { values: all, when: { config.norm: true } }',
      'CONFIG_RANGE s.run.yaml:9:',
      '',
    ],
  ]
  for (const [text, where, advice] of cases)
    test(text.trim().split('\n').at(-1)!, async () => {
      const error = await errorOf(() => parameters(`  space:\n${text}\n`))
      expect(codesOf(error)[0]).toContain(where)
      if (advice !== '') expect(error.try).toBe(advice)
    })
  test('a grid without points, an unknown sampler, a wrong number of trials', async () => {
    const grid = await errorOf(() =>
      parameters('  sampler: grid\n  space:\n    config.learning_rate: { log: [1e-4, 1e-2] }\n'),
    )
    expect(grid).toMatchObject({ code: 'CONFIG_REQUIRED', try: 'points: 3' })
    expect(await errorOf(() => read('  sampler: sobl\n'))).toMatchObject({ code: 'CONFIG_ENUM', try: 'sampler: sobol' })
    expect(await errorOf(() => read('  trials: 0\n'))).toMatchObject({ code: 'CONFIG_RANGE' })
    await here.write('s.run.yaml', minimal('seeds: [0, -1]\n'))
    expect((await errorOf(() => readRunFile('s.run.yaml'))).where).toMatch(/^s\.run\.yaml:6:/)
  })
})

test('a config of the project’s own takes any key; whole numbers stay whole where the file says one', async () => {
  const found = await parameters(
    '  space:\n    config.model.width: { linear: [4, 8] }\n    config.heads: { linear: [1, 4] }\n',
    null,
  )
  expect(found.map(({ range }) => range.kind === 'linear' && range.integer)).toEqual([false, true])
})

test('a point that lacks what the schema asks for is refused before anything is written', async () => {
  const loaded = await read('  space:\n    config.heads: { values: [1, 2] }\n', '')
  checkPoints(loaded, { schema }, [{ 'config.heads': 1 }])
  expect(await errorOf(() => checkPoints(loaded, { schema }, [{}]))).toMatchObject({ code: 'CONFIG_REQUIRED' })
})

test('a parameter of a file that is extended is replaced whole, and a null takes the sweep away', async () => {
  await here.write('base.yaml', 'sweep: { trials: 4, space: { config.width: { values: [4, 8] } } }\n')
  await here.write('s.run.yaml', minimal('extends: ./base.yaml\nsweep: { space: { config.width: { log: [4, 8] } } }\n'))
  expect((await readRunFile('s.run.yaml')).run.sweep).toMatchObject({
    trials: 4,
    space: { 'config.width': { log: [4, 8] } },
  })
  await here.write('s.run.yaml', minimal('extends: ./base.yaml\nsweep: null\n'))
  expect((await readRunFile('s.run.yaml')).run.sweep).toBeNull()
})

test('the file of a trial is whole in itself, and its paths lead where the sweep’s did', async () => {
  await here.write('words.txt', '')
  await here.write('env/python', '')
  const loaded = await read(
    '  space:\n    config.width: { values: [4, 8] }\n',
    'config: { heads: 1, vocabulary: ./words.txt }\nengine: { torch: { python: env/python } }\nseeds: 2\n',
  )
  const folder = join(here.path, 'runs', 'sweeps', 's-ab12')
  const trial = { name: 's-t1', seed: 7, threads: 1, point: { 'config.width': 8, 'config.inner.depth': 3 }, folder }
  const text = trialText(loaded, { schema }, { ...trial, remark: 'trial 1' })
  const read2 = await loadSource(sourceOf(join(folder, '1.run.yaml'), text))
  expect(read2.experiment).toBe(loaded.experiment)
  expect(read2.run).toMatchObject({
    name: 's-t1',
    seed: 7,
    threads: 1,
    config: { heads: 1, width: 8, inner: { depth: 3 }, vocabulary: '../../../words.txt' },
    engine: { torch: { python: '../../../env/python' } },
  })
  expect(read2.run.sweep).toBeUndefined()
  expect(read2.run.seeds).toBeUndefined()
  expect(read2.run.train).toEqual(loaded.run.train)
})
