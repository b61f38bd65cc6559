// Event files read back: what gonogo wrote, what a resume made void, a torn end, and the bytes of a TensorFlow 2 scalar.
// Not TensorBoard itself.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readScalars } from './readTensorboard.ts'
import { openTensorboard } from './tensorboard.ts'
import { frame } from './tfEvent.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gonogo-tb-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const evaluated = (step: number, value: number) =>
  ({ type: 'evaluated', step, epoch: 1, metrics: { val_accuracy: value }, samples: 1, seconds: 0 }) as const
const files = async () => Promise.all((await readdir(dir)).sort().map((name) => readFile(join(dir, name))))

describe('readScalars', () => {
  test('what was written, less what a resume made void', async () => {
    {
      await using board = await openTensorboard(dir)
      for (const step of [1, 2, 300]) board.add(evaluated(step, step / 8))
    }
    {
      await using board = await openTensorboard(dir, { resumedFrom: 2 })
      board.add(evaluated(3, 0.5))
    }
    const read = readScalars(await files())
    expect(read.get('val/accuracy')?.map(([step, value]) => [step, value])).toEqual([
      [1, 0.125],
      [2, 0.25],
      [3, 0.5],
    ])
  })
  test('a torn end ends the file, at whatever byte', async () => {
    const [first = Buffer.alloc(0)] = await files()
    for (let cut = 0; cut < first.length; cut++)
      expect(readScalars([first.subarray(0, cut)]).get('val/accuracy')?.length ?? 0).toBeLessThan(3)
  })
  test('a scalar tensor, as TensorFlow 2 writes it', () => {
    const inside = (field: number, bytes: Buffer) =>
      Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes])
    const content = Buffer.alloc(4)
    content.writeFloatLE(0.75)
    const tensor = Buffer.concat([Buffer.from([8, 1]), inside(4, content)])
    const value = Buffer.concat([inside(1, Buffer.from('loss')), inside(8, tensor)])
    const event = Buffer.concat([Buffer.from([16, 200, 1]), inside(5, inside(1, value))])
    expect(readScalars([frame(event)]).get('loss')).toEqual([[200, 0.75, 0]])
  })
})
