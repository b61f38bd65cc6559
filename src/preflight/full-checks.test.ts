// What the heads of a checkpoint's files say against a model. Real files and processes: tests/preflight/proxy.test.ts.
import { expect, test } from 'vitest'
import type { TensorFact } from '../contract/index.ts'
import { judgeHeaders } from './full-checks.ts'
import { livesAlone, sideBySide } from './room.ts'

const tensor = (name: string, shape: number[], more: Partial<TensorFact> = {}): TensorFact => ({
  name,
  kind: 'parameter',
  shape,
  dtype: 'float32',
  trainable: true,
  frozen: false,
  tiedTo: null,
  optimizers: ['optimizer'],
  where: null,
  ...more,
})
const model = [tensor('embed.weight', [100, 8]), ...[0, 1, 2, 3].map((i) => tensor(`blocks.${i}.weight`, [8, 8]))]
const saved = (names: readonly (readonly [string, number[]])[]) => ({
  files: [{ path: 'model.pt', format: 'torch', tensors: names.length, error: null }],
  tensors: names.map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
})
const all = model.map(({ name, shape }) => [name, shape] as const)

test('whole, under a key of its own, or with more beside it: nothing is absent', () => {
  expect(judgeHeaders(model, saved(all))).toEqual([])
  expect(judgeHeaders(model, saved(all.map(([name, shape]) => [`model.module.${name}`, shape])))).toEqual([])
  expect(judgeHeaders(model, saved([...all, ...all.map(([name, shape]) => [`ema.${name}`, shape] as const)]))).toEqual(
    [],
  )
})

test('a layer that is left out is absent', () => {
  expect(judgeHeaders(model, saved(all.slice(0, 4)))).toEqual(['blocks.3.weight'])
})

test('one that goes by another name is none', () => {
  expect(judgeHeaders(model, saved([...all.slice(0, 4), ['last.weight', [8, 8]]]))).toEqual([])
})

test('the state of an optimizer is no layer that goes by another name', () => {
  const state = all.flatMap(([name, shape], i) => [
    [`training.${name}.m`, shape] as const,
    [`optimizer.state.${i}.exp_avg`, shape] as const,
  ])
  expect(judgeHeaders(model, saved([...all.slice(0, 4), ...state]))).toEqual(['blocks.3.weight'])
})

test('what is frozen, tied, or held by no optimizer need not be there', () => {
  const rest = [
    tensor('body.weight', [9, 9], { trainable: false }),
    tensor('head.weight', [100, 8], { tiedTo: 'embed.weight' }),
    tensor('spare', [7], { optimizers: [] }),
    tensor('mean', [3], { kind: 'buffer', trainable: false }),
  ]
  expect(judgeHeaders([...model, ...rest], saved(all))).toEqual([])
})

test('a file with names of its own says nothing', () => {
  expect(judgeHeaders(model, saved(all.map(([, shape], i) => [`w${i}`, shape])))).toBeNull()
})

const facts = (million: number, free: number) =>
  ({ tensors: [tensor('w', [1000, 1000 * million])], memory: { used: 5e8, free } }) as never

test('subjects live side by side only where they have room', () => {
  const many = { concurrency: 'many' as const }
  expect(livesAlone(many, facts(1, 16e9))).toBe(false)
  expect(livesAlone(many, facts(100, 8e9))).toBe(true)
  expect(livesAlone({ concurrency: 'one' }, facts(1, 16e9))).toBe(true)
  expect(sideBySide(facts(100, 0))).toBeGreaterThan(10e9)
})

test('where the system does not tell, the engine decides', () => {
  const { memory: _, ...untold } = facts(1000, 1) as { memory: unknown }
  expect(livesAlone({ concurrency: 'many' }, untold as never)).toBe(false)
})
