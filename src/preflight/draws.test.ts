// Streams of draws that are shared, and streams that only look alike because there is little to draw.
import { expect, test } from 'vitest'
import { drawOf } from '../contract/index.ts'
import { alike, comebacks } from './draws.ts'

const rows = (
  epochs: number,
  workers: number,
  each: number,
  hash: (epoch: number, worker: number, at: number) => unknown,
) =>
  Array.from({ length: epochs * workers * each }, (_, i) => {
    const epoch = 1 + Math.floor(i / (workers * each))
    const worker = Math.floor(i / each) % workers
    return { id: 0, epoch, worker, hash: String(hash(epoch, worker, i % each)) }
  })

test('workers with one seed, and workers that begin each epoch anew', () => {
  expect(alike(rows(2, 2, 16, (epoch, _, at) => `${epoch} ${at}`))).toMatchObject({ what: 'workers', count: 16 })
  expect(alike(rows(2, 3, 16, (_, worker, at) => `${worker} ${at}`))).toMatchObject({ what: 'epochs', count: 16 })
  expect(alike(rows(2, 3, 16, (epoch, worker, at) => `${epoch} ${worker} ${at}`))).toBeNull()
})

test('a flip agrees every other time: eight equal flips prove nothing, sixty-four do', () => {
  const flip = (_: number, worker: number, at: number) => (worker * 7 + at * at + Math.floor(at / 3)) % 2
  const same = (epoch: number, _: number, at: number) => flip(epoch, 0, at)
  expect(alike(rows(2, 2, 8, same))).toBeNull()
  expect(alike(rows(2, 2, 64, same))).not.toBeNull()
})

test('independent flips are never taken for shared ones', () => {
  for (let seed = 0; seed < 200; seed++) {
    const draw = drawOf(seed)
    expect(alike(rows(2, 4, 16, () => draw() % 2))).toBeNull()
  }
})

test('nothing but one sample proves nothing', () => {
  expect(alike(rows(2, 2, 64, () => 'same'))).toBeNull()
})

test('samples that come back are compared with themselves', () => {
  const of = (epoch: number, ids: readonly number[], hash: (id: number) => string) =>
    ids.map((id) => ({ id, epoch, worker: null, hash: hash(id) }))
  const first = of(1, [1, 2, 3], (id) => `a${id}`)
  expect(comebacks([...first, ...of(2, [2, 3, 4], (id) => `a${id}`)])).toEqual({ both: 2, same: 2 })
  expect(comebacks([...first, ...of(2, [2, 3, 4], (id) => `b${id}`)])).toEqual({ both: 2, same: 0 })
})
