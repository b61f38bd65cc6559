import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { runFile } from '../contract/runFile.ts'
import { choices } from './extends.ts'
import { codesOf, errorOf, minimal, printed, standIn } from './folder.fixture.ts'
import { readRunFile } from './readRunFile.ts'
import { isSchema, type JsonSchema } from './shape.ts'

const here = standIn()

test('maps merge, lists replace, and what a file states wins over what it extends', async () => {
  await here.write(
    'base.yaml',
    minimal('config:\n  a: 1\n  sizes: [1, 2, 3]\n  deep: { x: 1, y: 2 }\nseed: 4\n', 'base'),
  )
  await here.write('v.run.yaml', 'name: v\nextends: ./base.yaml\nconfig:\n  sizes: [9]\n  deep: { y: 5 }\n')
  const { run, origins, sources } = await readRunFile('v.run.yaml')
  expect(run.config).toEqual({ a: 1, sizes: [9], deep: { x: 1, y: 5 } })
  expect([run.name, run.seed]).toEqual(['v', 4])
  expect(origins.get('config.deep.x')).toBe('base.yaml:9:14')
  expect(origins.get('config.deep.y')).toBe('v.run.yaml:5:14')
  expect(sources.map(({ file }) => file)).toEqual(['v.run.yaml', 'base.yaml'].map((name) => join(here.path, name)))
})

test('the later of a list wins; a base may extend and may be empty', async () => {
  await here.write(
    'root.yaml',
    'gonogo: 1\nexperiment: ./experiment.ts\ntrain: { length: { epochs: 1 }, batch_size: 1 }\n',
  )
  await here.write('one.yaml', 'extends: ./root.yaml\nseed: 1\ntrain: { batch_size: 2 }\n')
  await here.write('two.yaml', 'seed: 2\n')
  await here.write('none.yaml', '# nothing yet\n')
  await here.write('v.run.yaml', 'name: v\nextends: [./one.yaml, ./two.yaml, ./none.yaml]\n')
  const { run } = await readRunFile('v.run.yaml')
  expect([run.seed, run.train.batch_size]).toEqual([2, 2])
})

test('one choice of several is replaced, not joined', async () => {
  await here.write('base.yaml', minimal('evaluate: { every: { epochs: 1 } }\nstop: { patience: { evaluations: 5 } }\n'))
  await here.write(
    'v.run.yaml',
    'name: v\nextends: ./base.yaml\ntrain: { length: { steps: 10 } }\nevaluate: { every: { steps: 5 } }\nstop: { patience: null }\n',
  )
  const { run } = await readRunFile('v.run.yaml')
  expect(run.train.length).toEqual({ steps: 10 })
  expect(run.evaluate.every).toEqual({ steps: 5 })
  expect(run.stop.patience).toBeNull()
})

test('the places that hold one choice are those that the contract says', () => {
  const found: string[] = []
  const visit = (schema: JsonSchema, path: string) => {
    const branches = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isSchema) : []
    if (branches.filter((branch) => branch.type === 'object').length > 1) found.push(path)
    for (const [key, inner] of Object.entries(isSchema(schema.properties) ? schema.properties : {})) {
      if (isSchema(inner)) visit(inner, path === '' ? key : `${path}.${key}`)
    }
    for (const branch of branches) visit(branch, path)
  }
  visit(z.toJSONSchema(runFile, { io: 'input' }) as JsonSchema, '')
  expect(new Set(found)).toEqual(choices)
})

test('a path is relative to the file that states it', async () => {
  await here.write('team/base.yaml', minimal())
  await here.write('runs/a/v.run.yaml', 'name: v\nextends: ../../team/base.yaml\n')
  const { experiment, run, origins } = await readRunFile('runs/a/v.run.yaml')
  expect(experiment).toBe(join(here.path, 'team', 'experiment.ts'))
  expect(run.experiment).toBe('../../team/experiment.ts')
  expect(origins.get('experiment')).toBe('../../team/base.yaml:3:13')
})

test('a package is found the way node finds it', async () => {
  await here.write('project/node_modules/my-base/package.json', '{ "name": "my-base", "version": "1.0.0" }')
  await here.write('project/node_modules/my-base/base.yaml', minimal('seed: 9\n'))
  await here.write('project/node_modules/@team/base/gpu.yaml', 'device: cuda\n')
  await here.write(
    'project/runs/v.run.yaml',
    'name: v\nextends: [my-base/base.yaml, "@team/base/gpu.yaml"]\nexperiment: ./e.ts\n',
  )
  const { run } = await readRunFile('project/runs/v.run.yaml')
  expect([run.seed, run.device]).toEqual([9, 'cuda'])
})

test('a name is never inherited', async () => {
  await here.write('base.yaml', minimal())
  await here.write('own.run.yaml', 'extends: ./base.yaml\nseed: 3\n')
  const error = await errorOf(() => readRunFile('own.run.yaml'))
  expect(error).toMatchObject({
    code: 'CONFIG_REQUIRED',
    message: 'name is missing',
    expected: 'a name of its own: it is never inherited',
    try: 'name: own',
  })
})

test('a fault in a base is told where it stands', async () => {
  await here.write('bad.yaml', minimal('  precison: float32\n'))
  await here.write('v.run.yaml', 'name: v\nextends: ./bad.yaml\nsed: 3\n')
  expect(codesOf(await errorOf(() => readRunFile('v.run.yaml')))).toEqual([
    'CONFIG_UNKNOWN_KEY bad.yaml:6:3',
    'CONFIG_UNKNOWN_KEY v.run.yaml:3:1',
  ])
  await here.write('broken.yaml', 'a: [\n')
  await here.write('v.run.yaml', 'name: v\nextends: ./broken.yaml\n')
  expect((await errorOf(() => readRunFile('v.run.yaml'))).where).toMatch(/^broken\.yaml:/)
})

test('a circle is shown whole, through links too', async () => {
  await here.write('c/a.yaml', 'extends: ./b.yaml\n')
  await here.write('c/b.yaml', 'extends: ./c.yaml\n')
  await here.write('c/c.yaml', 'seed: 1\nextends: ./a.yaml\n')
  expect(printed(await errorOf(() => readRunFile('c/a.yaml')))).toBe(
    [
      'CONFIG_EXTENDS_CYCLE  c/c.yaml:2:10',
      '  2 | extends: ./a.yaml',
      '    |          ^^^^^^^^',
      '  seen      c/a.yaml → c/b.yaml → c/c.yaml → c/a.yaml',
      '  expected  a chain that ends',
      '  try       remove this extends',
    ].join('\n'),
  )
  await here.write('self.yaml', 'extends: ./link.yaml\n')
  await symlink('self.yaml', 'link.yaml')
  expect((await errorOf(() => readRunFile('self.yaml'))).code).toBe('CONFIG_EXTENDS_CYCLE')
})

test('a base that is used twice is no circle', async () => {
  await here.write('root.yaml', minimal())
  await here.write('l.yaml', 'extends: ./root.yaml\nseed: 1\n')
  await here.write('r.yaml', 'extends: ./root.yaml\ndevice: cpu\n')
  await here.write('v.run.yaml', 'name: v\nextends: [./l.yaml, ./r.yaml]\n')
  expect((await readRunFile('v.run.yaml')).run).toMatchObject({ seed: 1, device: 'cpu' })
})

test('files that extend each other exponentially are refused', async () => {
  for (let i = 0; i < 20; i++) await here.write(`wide/${i}.yaml`, `extends: [./${i + 1}.yaml, ./${i + 1}.yaml]\n`)
  await here.write('wide/20.yaml', 'seed: 1\n')
  expect(await errorOf(() => readRunFile('wide/0.yaml'))).toMatchObject({
    code: 'CONFIG_EXTENDS_CYCLE',
    message: 'a run file extends too many files',
  })
})

test('a missing file: the nearest is named', async () => {
  await here.write('m/mnist.run.yaml', minimal())
  await here.write('m/v.run.yaml', 'name: v\nextends: ./mnst.run.yaml\n')
  expect(printed(await errorOf(() => readRunFile('m/v.run.yaml')))).toBe(
    [
      'CONFIG_EXTENDS_MISSING  m/v.run.yaml:2:10',
      '  2 | extends: ./mnst.run.yaml',
      '    |          ^^^^^^^^^^^^^^^',
      '  seen      ./mnst.run.yaml: no such file (m/mnst.run.yaml)',
      '  expected  a file, relative to this one',
      '  try       extends: ./mnist.run.yaml',
    ].join('\n'),
  )
})

test('a missing package, a file that lacks its ./, a package that does not export the file', async () => {
  await here.write('p/base.yaml', minimal())
  await here.write('p/v.run.yaml', 'name: v\nextends: "@team/base/x.yaml"\n')
  expect(await errorOf(() => readRunFile('p/v.run.yaml'))).toMatchObject({
    code: 'CONFIG_EXTENDS_MISSING',
    try: 'npm install @team/base',
  })
  await here.write('p/v.run.yaml', 'name: v\nextends: base.yaml\n')
  expect(await errorOf(() => readRunFile('p/v.run.yaml'))).toMatchObject({ try: 'extends: ./base.yaml' })
  await here.write('p/node_modules/shut/package.json', '{ "name": "shut", "exports": { ".": "./x.js" } }')
  await here.write('p/node_modules/shut/base.yaml', minimal())
  await here.write('p/v.run.yaml', 'name: v\nextends: shut/base.yaml\n')
  const error = await errorOf(() => readRunFile('p/v.run.yaml'))
  expect(error.code).toBe('CONFIG_EXTENDS_MISSING')
  expect(error.seen).toContain('exports')
})

test('extends of something that is no file name', async () => {
  await mkdir('folder', { recursive: true })
  for (const [value, code] of [
    ['3', 'CONFIG_TYPE'],
    ['{ a: 1 }', 'CONFIG_TYPE'],
    ['[./base.yaml, null]', 'CONFIG_TYPE'],
    ['./folder', 'CONFIG_EXTENDS_MISSING'],
    ['/etc/none.yaml', 'CONFIG_EXTENDS_MISSING'],
  ] as const) {
    await here.write('v.run.yaml', minimal(`extends: ${value}\n`))
    expect((await errorOf(() => readRunFile('v.run.yaml'))).code, value).toBe(code)
  }
})
