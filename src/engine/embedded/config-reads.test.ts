import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { watchedConfig } from './config-reads.ts'

const config = () => ({ width: 4, optimizer: { name: 'sgd', momentum: 0.9 }, sizes: [1, 2] })

test('notes each key that is read, nested ones by their path', () => {
  const read = new Set<string>()
  const watched = watchedConfig(config(), read)
  expect([...read]).toEqual([])
  expect(watched.optimizer.name).toBe('sgd')
  expect(watched.sizes[1]).toBe(2)
  expect([...read]).toEqual(['optimizer', 'optimizer.name', 'sizes'])
  const { width } = watched
  expect(width).toBe(4)
  expect(read.has('width')).toBe(true)
  expect(read.has('optimizer.momentum')).toBe(false)
})

test('printing reads nothing; spreading, cloning and JSON read everything and give the plain values', () => {
  for (const [take, counts] of [
    [(c: object) => inspect(c), false],
    [(c: object) => ({ ...c }), true],
    [(c: object) => structuredClone(c), true],
    [(c: object) => JSON.parse(JSON.stringify(c)), true],
  ] as const) {
    const read = new Set<string>()
    const taken = take(watchedConfig(config(), read))
    expect(read.has('width')).toBe(counts)
    if (counts) expect(JSON.stringify(taken)).toBe(JSON.stringify(config()))
    else expect(taken).toBe(inspect(config()))
  }
})

test('a value can be set, and a key may be called __proto__', () => {
  const watched = watchedConfig(config(), new Set())
  watched.width = 7
  expect(watched.width).toBe(7)
  const odd = watchedConfig(JSON.parse('{"__proto__": 3, "a": 1}'), new Set())
  expect(Object.keys(odd)).toEqual(['__proto__', 'a'])
})
