// The baselines' file: versions, what a kill in mid-write leaves, and a file that a merge has broken.
// Not what a baseline proves.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faultyDisk } from '../checkpoint/faultyDisk.ts'
import type { BaselineVersion } from '../contract/index.ts'
import { addBaseline, baselineNamed, baselinesPath, readBaselines } from './baselines.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gonogo-baselines-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const version = (name: string, n: number): BaselineVersion => ({
  name,
  version: n,
  made: '2026-01-01T00:00:00.000Z',
  comparable: {
    objective: { name: 'val_loss', direction: 'min' },
    data: 'd',
    evaluation: 'e',
    steps: 10,
    batchSize: 2,
  },
  seeds: [
    {
      run: 'a',
      seed: 0,
      fingerprint: 'f',
      curve: [
        [0.5, Number.NaN],
        [1, 2],
      ],
      best: 2,
      schedule: null,
      start: null,
    },
    { run: 'b', seed: 1, fingerprint: 'g', curve: [[1, 3]], best: 3, schedule: null, start: null },
  ],
  against: null,
  reason: null,
})

describe('baselines', () => {
  test('the newest version, or the one that is named; NaN survives; a seed is a line', async () => {
    expect(await readBaselines(root)).toEqual({ gonogo: 1, baselines: [] })
    await addBaseline(root, version('cnn', 1))
    await addBaseline(root, version('other', 1))
    await addBaseline(root, version('cnn', 2))
    const file = await readBaselines(root)
    expect(baselineNamed(file, 'cnn')?.version).toBe(2)
    expect(baselineNamed(file, 'cnn@1')).toEqual(version('cnn', 1))
    expect(baselineNamed(file, 'cnn@3')).toBeNull()
    expect(baselineNamed(file, 'constructor')).toBeNull()
    const text = await readFile(baselinesPath(root), 'utf8')
    expect(text.split('\n').filter((line) => line.includes('"run"'))).toHaveLength(6)
  })
  test('what git’s merge leaves behind is told, with what to do', async () => {
    await writeFile(baselinesPath(root), '<<<<<<< HEAD\n{}')
    await expect(readBaselines(root)).rejects.toMatchObject({
      code: 'BASELINES_DAMAGED',
      try: 'git checkout gonogo.baselines.json',
    })
  })
  test('power that goes at any moment leaves the old file or the new one', async () => {
    await addBaseline(root, version('cnn', 1))
    const before = await readBaselines(root)
    for (let at = 1; ; at++) {
      const { disk, fired } = faultyDisk(root, { at, kind: 'crash' })
      await addBaseline(root, version('cnn', 2), disk).catch(() => {})
      const after = await readBaselines(root)
      expect([1, 2]).toContain(after.baselines.length)
      if (after.baselines.length === 1) expect(after).toEqual(before)
      if (!fired() || after.baselines.length === 2) break
    }
  })
})
