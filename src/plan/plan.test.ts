import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GonogoError } from '../contract/errors.ts'
import { fromJson, toJson } from '../contract/json.ts'
import { plan as planSchema } from '../contract/plan.ts'
import { runFile } from '../contract/runFile.ts'
import { openRequest as openRequestSchema } from '../contract/subject.ts'
import { differences } from './differences.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type Ingredients, makePlan } from './makePlan.ts'
import { openRequest } from './openRequest.ts'

const run = runFile.parse({
  gonogo: 1,
  name: 'mnist',
  experiment: './experiment.ts',
  config: { width: 16 },
  train: { length: { epochs: 3 } },
})
const ingredients: Ingredients = {
  run,
  config: { width: 16, activation: 'relu', data: '/home/a/project/images' },
  file: 'runs/mnist.run.yaml',
  folder: '/home/a/project',
  experiment: '/home/a/project/experiment.ts',
  description: { objective: 'val_accuracy' },
  facts: {
    task: { kind: 'classification', classes: 10, smoothing: 0, pretrained: false },
    metrics: [
      { name: 'val_loss', direction: 'min' },
      { name: 'val_accuracy', direction: 'max' },
    ],
    steps: 1290,
    stepsPerEpoch: 430,
    code: [
      { path: 'experiment.ts', sha256: 'aa' },
      { path: 'src/model.ts', sha256: 'bb' },
    ],
    packages: { gonogo: '0.1.0', zod: '4.6.7' },
    data: [
      {
        split: 'train',
        samples: 55_000,
        fields: [{ name: 'input', shape: [1, 28, 28], dtype: 'uint8' }],
        sha256: 'cc',
      },
      { split: 'val', samples: 5000, fields: [], sha256: 'dd' },
    ],
    environment: { engine: 'embedded', threads: 2, platform: 'linux-x64', score: 0 },
  },
  origins: new Map([
    ['name', 'mnist.run.yaml:2:7'],
    ['config.width', 'mnist.run.yaml:5:10'],
  ]),
}
const base = makePlan(ingredients)
const withRun = (change: object) => makePlan({ ...ingredients, run: runFile.parse({ ...run, ...change }) })
const withFacts = (change: object) => makePlan({ ...ingredients, facts: { ...ingredients.facts, ...change } })

describe('the plan', () => {
  test('is complete by the contract, and comes back from disk the same', () => {
    expect(planSchema.parse(fromJson(toJson(base)))).toEqual(base)
    expect(base.run.config).toEqual(ingredients.config)
    expect(base.objective).toEqual({ name: 'val_accuracy', direction: 'max' })
    expect(base.steps).toBe(1290)
  })

  test('says where each value came from, defaults of the config too', () => {
    expect(base.origins).toMatchObject({
      name: 'mnist.run.yaml:2:7',
      'config.width': 'mnist.run.yaml:5:10',
      'config.activation': 'default',
      'train.length.epochs': 'default',
      'preflight.checks': 'default',
    })
  })

  test('is frozen through and through, and freezes nothing it was given', () => {
    expect(() => Object.assign(base.run.train, { batch_size: 1 })).toThrow(TypeError)
    expect(() => (base.data as unknown[]).push(1)).toThrow(TypeError)
    expect(Object.isFrozen(ingredients.config)).toBe(false)
    expect(Object.isFrozen(ingredients.facts.data)).toBe(false)
  })

  test('takes the objective of the run file, or else the task’s', () => {
    expect(withRun({ objective: 'val_loss' }).objective).toEqual({ name: 'val_loss', direction: 'min' })
  })

  test.each([
    ['val_acuracy', 'objective: val_accuracy'],
    ['accuracy', 'objective: val_accuracy'],
    ['bleu', undefined],
  ])('refuses the objective %s', (objective, next) => {
    try {
      makePlan({
        ...ingredients,
        run: runFile.parse({ ...run, objective }),
        origins: new Map([['objective', 'mnist.run.yaml:7:12']]),
      })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(GonogoError)
      expect(error).toMatchObject({
        code: 'PLAN_OBJECTIVE',
        where: 'runs/mnist.run.yaml:7:12',
        seen: objective,
        expected: 'val_loss or val_accuracy',
        try: next,
      })
    }
  })
})

describe('the fingerprint', () => {
  // the golden file was computed in another language, from docs/decisions/fingerprint.md
  test('is the golden one: a change here makes every earlier run another run', () => {
    const golden = JSON.parse(readFileSync(new URL('fingerprint.golden.json', import.meta.url), 'utf8')) as unknown
    expect(base.fingerprint).toEqual(golden)
  })

  const changed: [string, ReturnType<typeof makePlan>, string][] = [
    [
      'a byte of the code',
      withFacts({ code: [{ path: 'experiment.ts', sha256: 'ab' }, ingredients.facts.code[1]] }),
      'code',
    ],
    ['one more file', withFacts({ code: [...ingredients.facts.code, { path: 'x.ts', sha256: 'aa' }] }), 'code'],
    [
      'a file that was renamed',
      withFacts({ code: [{ path: 'e.ts', sha256: 'aa' }, ingredients.facts.code[1]] }),
      'code',
    ],
    ['a package', withFacts({ packages: { gonogo: '0.1.0', zod: '4.6.8' } }), 'packages'],
    ['a setting', makePlan({ ...ingredients, config: { ...ingredients.config, width: 32 } }), 'config'],
    ['the type of a setting', makePlan({ ...ingredients, config: { ...ingredients.config, width: '16' } }), 'config'],
    ['the seed', withRun({ seed: 1 }), 'config'],
    ['the device', withRun({ device: 'cpu' }), 'config'],
    ['the threads', withRun({ threads: 2 }), 'config'],
    ['an option of the engine', withRun({ engine: { torch: { compile: true } } }), 'config'],
    ['the length', withRun({ train: { length: { steps: 3 } } }), 'config'],
    ['the evaluation', withRun({ evaluate: { batch_size: 10 } }), 'config'],
    ['the objective', withRun({ objective: 'val_loss' }), 'config'],
    [
      'the data',
      withFacts({ data: [{ ...ingredients.facts.data[0], sha256: 'ce' }, ingredients.facts.data[1]] }),
      'data',
    ],
    ['a split', withFacts({ data: ingredients.facts.data.slice(0, 1) }), 'data'],
    [
      'the platform',
      withFacts({ environment: { ...ingredients.facts.environment, platform: 'darwin-arm64' } }),
      'environment',
    ],
    ['minus zero', withFacts({ environment: { ...ingredients.facts.environment, score: -0 } }), 'environment'],
  ]
  test.each(changed)('changes with %s, in that part alone', (_, other, part) => {
    const parts = Object.entries(other.fingerprint).filter(
      ([key, hash]) => hash !== base.fingerprint[key as keyof typeof base.fingerprint],
    )
    expect(parts.map(([key]) => key)).toEqual([part, 'whole'])
    expect(new Set(differences(base, other).map((difference) => difference.part))).toEqual(new Set([part]))
  })

  test.each<[string, ReturnType<typeof makePlan>]>([
    ['the name', withRun({ name: 'other' })],
    ['where the experiment lies', withRun({ experiment: '../experiment.ts' })],
    ['when checkpoints are written', withRun({ checkpoint: { every: { steps: 5 }, keep: { top: 3 } } })],
    ['the level of a check', withRun({ preflight: { checks: { S1: { level: 'warn', reason: 'known' } } } })],
    ['when to stop', withRun({ stop: { mode: 'stop', patience: { evaluations: 3 } } })],
    ['where values are stated', makePlan({ ...ingredients, origins: new Map() })],
    ['the order of files', withFacts({ code: ingredients.facts.code.toReversed() })],
    ['the order of splits', withFacts({ data: ingredients.facts.data.toReversed() })],
    [
      'where the project lies',
      makePlan({
        ...ingredients,
        folder: '/srv/b',
        experiment: '/srv/b/experiment.ts',
        config: { ...ingredients.config, data: '/srv/b/images' },
      }),
    ],
  ])('does not change with %s', (_, other) => {
    expect(other.fingerprint).toEqual(base.fingerprint)
    expect(differences(base, other)).toEqual([])
  })

  const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true })
  const shuffled = (value: unknown, turn: number): unknown => {
    if (Array.isArray(value)) return value.map((item) => shuffled(item, turn))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([key, inner]) => [key, shuffled(inner, turn)] as const)
    return Object.fromEntries(turn % 2 ? entries.toReversed() : entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, fc.nat(), (config, turn) => {
        const one = makePlan({ ...ingredients, config })
        const two = makePlan({ ...ingredients, config: shuffled(config, turn) as Record<string, unknown> })
        expect(two.fingerprint).toEqual(one.fingerprint)
      }),
    )
  })

  test('is equal exactly where there is no difference', () => {
    const small = fc.dictionary(fc.constantFrom('a', 'b', 'a.b', '__proto__'), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 2,
    })
    fc.assert(
      fc.property(small, small, fc.boolean(), (first, second, same) => {
        const one = makePlan({ ...ingredients, config: first })
        const two = makePlan({ ...ingredients, config: same ? structuredClone(first) : second })
        expect(differences(one, two).length === 0).toBe(one.fingerprint.whole === two.fingerprint.whole)
      }),
      { numRuns: 500 },
    )
  })
})

describe('differences', () => {
  test('name the file, the package, the key, the split and the fact', () => {
    const other = makePlan({
      ...ingredients,
      run: runFile.parse({ ...run, seed: 3, train: { length: { steps: 9 } } }),
      facts: {
        ...ingredients.facts,
        code: [
          { path: 'experiment.ts', sha256: 'zz' },
          { path: 'src/new.ts', sha256: 'yy' },
        ],
        packages: { gonogo: '0.2.0' },
        data: [{ ...ingredients.facts.data[0]!, samples: 10 }],
        environment: { ...ingredients.facts.environment, threads: 4 },
      },
    })
    expect(differences(base, other)).toEqual([
      { part: 'code', path: 'experiment.ts', a: 'aa', b: 'zz' },
      { part: 'code', path: 'src/model.ts', a: 'bb', b: undefined },
      { part: 'code', path: 'src/new.ts', a: undefined, b: 'yy' },
      { part: 'packages', path: 'gonogo', a: '0.1.0', b: '0.2.0' },
      { part: 'packages', path: 'zod', a: '4.6.7', b: undefined },
      { part: 'config', path: 'seed', a: 0, b: 3 },
      { part: 'config', path: 'train.length.epochs', a: 3, b: undefined },
      { part: 'config', path: 'train.length.steps', a: undefined, b: 9 },
      { part: 'data', path: 'train.samples', a: 55_000, b: 10 },
      { part: 'data', path: 'val.fields', a: [], b: undefined },
      { part: 'data', path: 'val.samples', a: 5000, b: undefined },
      { part: 'data', path: 'val.sha256', a: 'dd', b: undefined },
      { part: 'data', path: 'val.split', a: 'val', b: undefined },
      { part: 'environment', path: 'threads', a: 2, b: 4 },
    ])
  })

  test('stand between a plan and the same from disk: none', () => {
    expect(differences(base, planSchema.parse(fromJson(toJson(base))))).toEqual([])
    expect(fingerprintOf(planSchema.parse(fromJson(toJson(base))))).toEqual(base.fingerprint)
  })
})

describe('the request to open', () => {
  test('says what the run file says', () => {
    const request = openRequest(base)
    expect(openRequestSchema.parse(request)).toEqual(request)
    expect(request).toEqual({
      experiment: '/home/a/project/experiment.ts',
      config: ingredients.config,
      seed: 0,
      threads: 2,
      length: { epochs: 3 },
      batchSize: 128,
      evaluateBatchSize: 500,
      accumulate: 1,
      clipNorm: null,
      precision: 'float32',
      device: 'auto',
      world: { rank: 0, size: 1, address: null },
      limit: { trainBatches: null, valSamples: null },
    })
  })

  test('of several processes: each meets the others somewhere, and the number of them is part of the fingerprint', () => {
    expect(openRequest(withRun({ world: 2 })).world).toEqual({ rank: 0, size: 2, address: '127.0.0.1:0' })
    expect(withRun({ world: 2 }).fingerprint.config).not.toBe(base.fingerprint.config)
    expect(withRun({ world: 1 }).fingerprint).toEqual(base.fingerprint)
  })

  test('takes another seed and limits', () => {
    expect(openRequest(base, { seed: 7, limit: { trainBatches: 4 } })).toMatchObject({
      seed: 7,
      limit: { trainBatches: 4, valSamples: null },
    })
  })

  test('can be made before there is a plan; threads are those of the file, else every core', () => {
    const pieces = { run, config: { width: 4 }, experiment: '/e.ts' }
    expect(openRequest(pieces)).toMatchObject({ config: { width: 4 }, threads: availableParallelism() })
    expect(openRequest({ ...pieces, run: { ...run, threads: 3 } }).threads).toBe(3)
    expect(openRequest(withRun({ threads: 5 })).threads).toBe(5)
  })
})
