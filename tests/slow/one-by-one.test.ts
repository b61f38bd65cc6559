// One subject at a time, as where a GPU is exclusive or a process has joined by itself: the same verdicts as with many.
import { expect, test } from 'vitest'
import { checkCode, type Finding } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/index.ts'
import { afterSave, spoilTensors, withHand } from '../preflight/faulty.ts'
import { absentOnEmbedded, type Changes, findingsOf, summary } from '../preflight/polled.ts'

/** The engine with a count of what is open at once; refuses a second subject where it allows one. */
const counted = (concurrency: Engine['concurrency']) => {
  const seen = { most: 0, opened: 0 }
  let live = 0
  const around = (engine: Engine): Engine => ({
    ...withHand(() => ({}))(engine),
    concurrency,
    open: async (request) => {
      seen.opened++
      seen.most = Math.max(seen.most, ++live)
      const subject = await withHand(() => ({}))(engine).open(request)
      let closed: boolean = false
      return {
        ...subject,
        [Symbol.asyncDispose]: async () => {
          await subject[Symbol.asyncDispose]()
          if (!closed) live--
          closed = true
        },
      }
    },
  })
  return { around, seen }
}

const verdicts = (found: readonly Finding[]) => found.map(({ check, status, cause }) => [check, status, cause]).sort()

const inBothModes = async (file: string, changes: Changes = {}) => {
  const many = await findingsOf(file, changes)
  const { around, seen } = counted('one')
  const one = await findingsOf(file, { ...changes, engine: (engine) => around(changes.engine?.(engine) ?? engine) })
  expect(verdicts(one), `one at a time:\n${summary(one)}\nmany:\n${summary(many)}`).toEqual(verdicts(many))
  expect(seen.most).toBe(1)
  return { found: one, seen }
}

test('the count itself sees many', async () => {
  const { around, seen } = counted('many')
  await findingsOf('tiny/tiny.run.yaml', { engine: around })
  expect(seen.most).toBeGreaterThan(1)
}, 60_000)

test('healthy: every check, and the shared subject is opened twice', async () => {
  const { found, seen } = await inBothModes('tiny/tiny.run.yaml')
  expect(found).toHaveLength(checkCode.options.length)
  expect(found.filter(({ status }) => status === 'NO-GO')).toEqual([])
  // the shared one twice; S1's second run, O6's whole run, K1's resumed one, another seed for S2 and K4
  expect(seen.opened).toBe(6)
}, 120_000)

test('an engine that can have many has one, where the memory holds no more', async () => {
  const { around, seen } = counted('many')
  const found = await findingsOf('tiny/tiny.run.yaml', {
    engine: around,
    facts: (facts) => ({ ...facts, memory: { used: 1e9, free: 1e8 } }),
  })
  expect(found.filter(({ status }) => status === 'NO-GO')).toEqual([])
  expect(seen.most).toBe(1)
}, 60_000)

test('the MNIST example', async () => {
  const { found } = await inBothModes('../../examples/mnist/mnist.run.yaml')
  const skipped = found.filter(({ status }) => status !== 'GO').map(({ check }) => check)
  expect(new Set(skipped)).toEqual(new Set(absentOnEmbedded))
}, 300_000)

const broken: readonly (readonly [string, Record<string, unknown>])[] = [
  ['tiny', { fault: 'unseeded-data' }],
  ['tiny', { fault: 'mixes-the-batch' }],
  ['tiny', { fault: 'softmax-twice' }],
  ['own-loss', { reduction: 'sum' }],
  ['line', { kind: 'broadcast' }],
]

test('broken: a checkpoint without the optimizer', async () => {
  const { found } = await inBothModes('tiny/tiny.run.yaml', {
    engine: afterSave(spoilTensors('training.safetensors', (_, values) => values.fill(0))),
  })
  expect(found.find(({ check }) => check === 'K1')?.cause, summary(found)).toBe('optimizer-not-restored')
}, 120_000)

test.each(broken)(
  'broken: %s %o',
  async (name, config) => {
    const { found } = await inBothModes(`${name}/${name}.run.yaml`, { config })
    expect(found.some(({ status }) => status === 'NO-GO')).toBe(true)
  },
  120_000,
)
