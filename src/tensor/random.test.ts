// The generator against its published answers, and noise against what it is keyed by.
// Statistics of the initialisers are in init.test.ts.
import { describe, expect, test } from 'vitest'
import { openSession, traceTraining } from './compile.ts'
import type { Node } from './graph/node.ts'
import { nn, optim, random, type Tensor } from './index.ts'
import { philox } from './philox.ts'
import { shiftRight, xor } from './primitives/bits.ts'
import { cast } from './primitives/compare.ts'
import { mul } from './primitives/elementwise.ts'
import { concat, reshape } from './primitives/layout.ts'
import { scalar } from './primitives/leaf.ts'
import { philoxNodes } from './random.ts'
import { evaluate, lift } from './testing/bench.ts'

const hex = (words: readonly number[]) => words.map((word) => (word >>> 0).toString(16)).join(' ')

describe('Philox4x32-10', () => {
  // Random123 1.14, kat_vectors
  const answers = [
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ] as const
  test.each(answers)('%j %j', async (counter, key, expected) => {
    expect(hex(philox(counter, key))).toBe(expected)
    const word = (value: number) => scalar(value, 'uint32')
    const graph = lift(() => {
      const words = philoxNodes(counter.map(word) as unknown as [Node, Node, Node, Node], [word(key[0]), word(key[1])])
      // float32 holds 24 bits: the words leave as two halves
      const halves = words.flatMap((value) => [shiftRight(value, 16), xor(value, shiftedBack(value))])
      return concat(
        halves.map((half) => reshape(cast(half, 'float32'), [1])),
        0,
      )
    })
    const { values } = await evaluate([], graph)
    expect(hex([0, 2, 4, 6].map((i) => values[i]! * 65536 + values[i + 1]!))).toBe(expected)
  })
})

/** The high half of a word in its place. */
const shiftedBack = (value: Node): Node => mul(shiftRight(value, 16), scalar(65536, 'uint32'))

interface Draw {
  readonly batch: number
  readonly ids: readonly number[]
  readonly step?: number
  readonly seed?: number
}

/** Per-sample values of a stream, by a state that the training graph writes. */
async function drawn(
  { batch, ids, step = 3, seed = 11 }: Draw,
  make: (x: Tensor<2>) => Tensor<2>,
): Promise<number[][]> {
  const width = 10
  const model = nn.module(
    { out: nn.state([batch, width]), w: nn.param([1]), layer: nn.module({}, (_, x: Tensor<2>) => make(x)) },
    (m, x: Tensor<2>) => {
      m.out.update(m.layer(x))
      return m.w.sum()
    },
  )
  const program = traceTraining({
    model,
    loss: ({ x }) => ({ none: model(x) }),
    optimizer: optim.sgd({ learningRate: 0 }),
    inputs: { x: { shape: [batch, width], dtype: 'float32' } },
    regularise: true,
    observe: { gradients: false },
  })
  const session = await openSession(program, { threads: 1 })
  const out = await session.run(
    new Map<string, Float32Array | Uint32Array>([
      ['x', new Float32Array(batch * width).fill(1)],
      ['state/out', new Float32Array(batch * width)],
      ['state/w', new Float32Array(1)],
      ['learning_rate', Float32Array.of(0)],
      ['seed', Uint32Array.of(seed, 0)],
      ['step', Uint32Array.of(step)],
      ['sample_ids', Uint32Array.from(ids)],
    ]),
  )
  await session.close()
  const values = Array.from(out.get('next/out')!)
  return ids.map((_, i) => values.slice(i * width, (i + 1) * width))
}

describe('noise', () => {
  const streams: Record<string, (x: Tensor<2>) => Tensor<2>> = {
    uniform: (x) => random.uniform('a', x.shape),
    dropout: nn.dropout(0.5),
    normal: (x) => random.normal('b', x.shape),
    bernoulli: (x) => random.bernoulli('c', x.shape, 0.3).cast('float32'),
  }
  for (const [name, make] of Object.entries(streams)) {
    test(`${name}: a sample keeps its noise in another batch and another place`, async () => {
      const four = await drawn({ batch: 4, ids: [7, 8, 9, 10] }, make)
      const two = await drawn({ batch: 2, ids: [10, 8] }, make)
      expect(two).toEqual([four[3], four[1]])
      expect(four[0]).not.toEqual(four[1])
    })
    test(`${name}: another step or seed is other noise, the same is the same`, async () => {
      const once = await drawn({ batch: 2, ids: [1, 2] }, make)
      expect(await drawn({ batch: 2, ids: [1, 2] }, make)).toEqual(once)
      expect(await drawn({ batch: 2, ids: [1, 2], step: 4 }, make)).not.toEqual(once)
      expect(await drawn({ batch: 2, ids: [1, 2], seed: 12 }, make)).not.toEqual(once)
    })
  }

  test('dropout scales what it keeps; its layer names the stream', async () => {
    const kept = (await drawn({ batch: 50, ids: Array.from({ length: 50 }, (_, i) => i) }, nn.dropout(0.2))).flat()
    expect(new Set(kept)).toEqual(new Set([0, Math.fround(1 / 0.8)]))
    expect(Math.abs(kept.filter((value) => value === 0).length / 500 - 0.2)).toBeLessThan(0.06)
    const model = nn.module({ a: nn.dropout(0.5), b: nn.dropout(0.5), w: nn.param([1]) }, (m, x: Tensor<2>) =>
      m.a(x).add(m.b(x)).sum().mul(m.w.sum()),
    )
    const options = {
      model,
      optimizer: optim.sgd({ learningRate: 0 }),
      regularise: true,
      observe: { gradients: false },
    }
    const program = traceTraining({
      ...options,
      loss: ({ x }) => ({ none: model(x) }),
      inputs: { x: { shape: [2, 3], dtype: 'float32' } },
    })
    expect(program.streams).toEqual(['a/dropout', 'b/dropout'])
  })

  test('two draws of one stream differ', async () => {
    const [row] = await drawn({ batch: 1, ids: [1] }, (x) =>
      random.uniform('a', x.shape).sub(random.uniform('a', x.shape)),
    )
    expect(row!.every((value) => value !== 0)).toBe(true)
  })

  test('moments of many draws', async () => {
    const ids = Array.from({ length: 2000 }, (_, i) => i)
    const uniform = (await drawn({ batch: 2000, ids }, (x) => random.uniform('u', x.shape))).flat()
    const normal = (await drawn({ batch: 2000, ids }, (x) => random.normal('n', x.shape))).flat()
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
    expect(mean(uniform)).toBeCloseTo(0.5, 1)
    expect(mean(uniform.map((u) => u * u))).toBeCloseTo(1 / 3, 1)
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...uniform)).toBeLessThan(1)
    expect(Math.abs(mean(normal))).toBeLessThan(0.03)
    expect(Math.abs(mean(normal.map((z) => z * z)) - 1)).toBeLessThan(0.05)
    expect(Math.abs(mean(normal.map((z) => z ** 4)) - 3)).toBeLessThan(0.3)
  })
})
