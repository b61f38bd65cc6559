// First values: a function of (seed, path), with PyTorch's ranges.
// The generator itself is tested in random.test.ts.
import { describe, expect, test } from 'vitest'
import { initialise } from './compile.ts'
import { init, nn, type Tensor } from './index.ts'
import { drawFor, type Initialiser } from './init.ts'

const model = (extra: boolean) =>
  nn.module(
    {
      ...(extra ? { before: nn.linear(8, 8) } : {}),
      conv: nn.conv2d(4, 8, 3),
      norm: nn.batchNorm2d(8),
      head: nn.linear(64, 10),
      token: nn.embedding(5, 3),
    },
    (m, x: Tensor<4>) => m.conv(x),
  )

test('adding a layer changes no other', () => {
  const [few, many] = [initialise(model(false), 3), initialise(model(true), 3)]
  for (const [path, values] of few) expect(many.get(path)).toEqual(values)
  expect(many.size).toBe(few.size + 2)
})

test('seeds and paths differ, also beyond 32 bits', () => {
  const first = (seed: number, path: string) => drawFor(seed, path).uniform(4)
  expect(first(1, 'a')).toEqual(first(1, 'a'))
  expect(first(1, 'a')).not.toEqual(first(2, 'a'))
  expect(first(1, 'a')).not.toEqual(first(1, 'b'))
  expect(first(1, 'a')).not.toEqual(first(2 ** 32 + 1, 'a'))
})

test("PyTorch's defaults", () => {
  const values = initialise(model(false), 0)
  const bound = (path: string) => Math.max(...values.get(path)!.map(Math.abs))
  expect(bound('conv.weight')).toBeLessThanOrEqual(1 / 6)
  expect(bound('conv.weight')).toBeGreaterThan(0.9 / 6)
  expect(bound('conv.bias')).toBeLessThanOrEqual(1 / 6)
  expect(bound('head.weight')).toBeLessThanOrEqual(1 / 8)
  expect(bound('head.weight')).toBeGreaterThan(0.9 / 8)
  expect(values.get('norm.weight')!.every((value) => value === 1)).toBe(true)
  expect(values.get('norm.running_var')!.every((value) => value === 1)).toBe(true)
  expect(values.get('norm.running_mean')!.every((value) => value === 0)).toBe(true)
})

describe('spread', () => {
  const shape = [200, 100]
  const cases: Record<string, [Initialiser, number]> = {
    kaimingUniform: [init.kaimingUniform(), 1 / Math.sqrt(300)],
    kaimingNormal: [init.kaimingNormal(), Math.sqrt(2 / 100)],
    xavierUniform: [init.xavierUniform(), Math.sqrt(2 / 300)],
    xavierNormal: [init.xavierNormal(), Math.sqrt(2 / 300)],
    normal: [init.normal(0, 0.3), 0.3],
    uniform: [init.uniform(-1, 1), 1 / Math.sqrt(3)],
  }
  test.each(Object.entries(cases))('%s', (_, [initialiser, std]) => {
    const values = initialiser.fill(shape, drawFor(1, 'w'))
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
    // five standard errors of 20000 values
    expect(Math.abs(mean)).toBeLessThan((5 * std) / Math.sqrt(20_000))
    expect(Math.abs(Math.sqrt(variance) / std - 1)).toBeLessThan(0.03)
  })
  test('constants', () => {
    expect(init.constant(2).fill([2], drawFor(0, ''))).toEqual(Float32Array.of(2, 2))
    expect(init.ones().fill([1], drawFor(0, ''))).toEqual(Float32Array.of(1))
  })
})
