// Points of a sweep: the published Sobol numbers, what scrambling keeps, and what each sampler owes its space.
import { expect, test } from 'vitest'
import { type Parameter, sweepSettings } from '../../contract/index.ts'
import { sweepPoints } from './points.ts'
import { scrambled, sobol, sobolDimensions } from './sobol.ts'
import { seedsOf, sweepTrials } from './sweepTrials.ts'

const settings = (o: object) => sweepSettings.parse(o)
const of = (key: string, range: Parameter['range'], when: Record<string, unknown[]> = {}): Parameter => ({
  key,
  range,
  when: new Map(Object.entries(when)),
})
const log = of('config.rate', { kind: 'log', low: 1e-4, high: 1e-2, integer: false, points: 3 })
const width = of('config.width', { kind: 'linear', low: 4, high: 11, integer: true, points: 4 })
const kind = of('config.kind', { kind: 'values', values: ['relu', 'gelu', 'silu'] })
const dropout = of(
  'config.dropout',
  { kind: 'linear', low: 0, high: 0.5, integer: false, points: 2 },
  { 'config.kind': ['gelu', 'silu'] },
)

// torch.quasirandom.SobolEngine(25, scramble=False), points 1, 37 and 255, in 256ths
const golden: ReadonlyMap<number, readonly number[]> = new Map([
  [1, Array.from({ length: 25 }, () => 128)],
  [
    37,
    [236, 164, 148, 236, 196, 76, 44, 204, 156, 44, 4, 20, 148, 220, 28, 124, 204, 108, 12, 36, 244, 20, 140, 164, 76],
  ],
  [
    255,
    [1, 255, 197, 147, 157, 251, 227, 45, 113, 91, 35, 43, 51, 163, 157, 133, 103, 109, 187, 65, 81, 113, 137, 57, 149],
  ],
])

test('the Sobol sequence is the one that others compute', () => {
  const dimensions = Array.from({ length: sobolDimensions }, (_, d) => sobol(d))
  for (const [index, expected] of golden) expect(dimensions.map((at) => at(index) / 2 ** 24)).toEqual(expected)
})

test('scrambling keeps one point in each 64th of every dimension, and depends on its seed', () => {
  for (let d = 0; d < sobolDimensions; d++)
    for (const seed of [0, 1, 0xdeadbeef]) {
      const at = sobol(d)
      const cells = Array.from({ length: 64 }, (_, i) => scrambled(at(i), seed) >>> 26)
      expect(new Set(cells).size).toBe(64)
    }
  expect(scrambled(sobol(0)(5), 1)).not.toBe(scrambled(sobol(0)(5), 2))
})

test('a grid has every point once, conditional parameters where they exist alone', () => {
  const points = sweepPoints([dropout, kind, width], settings({ sampler: 'grid' }))
  // 4 widths × (relu + 2 kinds × 2 dropouts)
  expect(points).toHaveLength(4 * 5)
  expect(new Set(points.map((p) => JSON.stringify(p))).size).toBe(20)
  for (const p of points) expect('config.dropout' in p).toBe(p['config.kind'] !== 'relu')
  expect([...new Set(points.map((p) => p['config.width']))]).toEqual([4, 6, 9, 11])
  expect(sweepPoints([log], settings({ sampler: 'grid' })).map((p) => p['config.rate'])).toEqual([1e-4, 1e-3, 1e-2])
})

for (const sampler of ['random', 'sobol'] as const)
  test(`${sampler} stays within bounds, repeats by its seed, and knows conditions`, () => {
    const draw = (o: object) => sweepPoints([log, width, kind, dropout], settings({ sampler, trials: 256, ...o }))
    const points = draw({})
    expect(draw({})).toEqual(points)
    expect(draw({ seed: 1 })).not.toEqual(points)
    expect(draw({ trials: 64 })).toEqual(points.slice(0, 64))
    const rates = points.map((p) => p['config.rate'] as number)
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-4)
    expect(Math.max(...rates)).toBeLessThanOrEqual(1e-2)
    // as many below the geometric middle as above: ±4 sd of a fair coin, and exact for Sobol
    const below = rates.filter((r) => r < 1e-3).length
    expect(Math.abs(below - 128)).toBeLessThanOrEqual(sampler === 'sobol' ? 1 : 32)
    const widths = new Set(points.map((p) => p['config.width'] as number))
    expect([...widths].sort((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9, 10, 11])
    for (const p of points) expect('config.dropout' in p).toBe(p['config.kind'] !== 'relu')
  })

test('a parameter more changes no value of another', () => {
  const rates = (parameters: Parameter[], sampler: 'random' | 'sobol') =>
    sweepPoints(parameters, settings({ sampler, trials: 16 })).map((p) => p['config.rate'])
  expect(rates([log, width], 'random')).toEqual(rates([log], 'random'))
  expect(rates([log, width], 'sobol')).toEqual(rates([log], 'sobol'))
})

test('choices that are few give each point once, and too many trials are refused', () => {
  const points = sweepPoints([kind], settings({ sampler: 'random', trials: 3 }))
  expect(new Set(points.map((p) => p['config.kind'])).size).toBe(3)
  const refused = (o: object, parameters = [kind]) => {
    try {
      sweepPoints(parameters, settings(o))
    } catch (error) {
      return error
    }
    return null
  }
  expect(refused({ sampler: 'random', trials: 4 })).toMatchObject({
    code: 'SWEEP_TRIALS',
    expected: 'at most 3 trials',
  })
  expect(refused({ sampler: 'sobol' })).toMatchObject({ code: 'SWEEP_TRIALS' })
  expect(refused({ sampler: 'grid', trials: 2 })).toMatchObject({ expected: 'the 3 points of the grid' })
  expect(refused({ trials: 3 }, [])).toMatchObject({ code: 'SWEEP_TRIALS' })
})

test('trials have names that runs may have, one run a seed', () => {
  expect(seedsOf({ seed: 3 })).toEqual([3])
  expect(seedsOf({ seed: 3, seeds: 2 })).toEqual([3, 4])
  expect(seedsOf({ seed: 3, seeds: [7, 7, 1] })).toEqual([7, 1])
  const long = 'x'.repeat(64)
  const [first] = sweepTrials([{}, {}], { name: long, id: 'ab12', seeds: [0, 0xffff_ffff] })
  for (const { run } of first!.runs) expect(run).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/)
  expect(sweepTrials([{}], { name: 'a', id: 'ab12', seeds: [0] })[0]!.runs[0]!.run).toBe('a-ab12')
})
