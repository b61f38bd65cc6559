// The folder of a sweep: whole or not there, found by name, and what a killed writer leaves behind.
// Not what a sweep does.
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Disk, nodeDisk } from '../checkpoint/index.ts'
import { type SweepEvent, type SweepPlan, sweepSettings } from '../contract/index.ts'
import { openJournal } from './journal.ts'
import { createSweep, findSweep, readSweep, sweepIdFor, sweepNames } from './sweepFolder.ts'

const root = () => mkdtempSync(join(tmpdir(), 'gonogo-sweep-'))
const planOf = (id = 'ab12'): SweepPlan => ({
  gonogo: 1,
  name: 'cnn',
  id,
  created: '2026-01-01T00:00:00.000Z',
  file: '/p/cnn.run.yaml',
  folder: '/p',
  settings: sweepSettings.parse({}),
  skip: [['K1', 'in a hurry']],
  trials: [{ trial: 1, point: {}, runs: [{ seed: 0, run: `cnn-${id}`, file: '1.run.yaml' }] }],
})
const files = new Map([['1.run.yaml', 'gonogo: 1\n']])

test('is written whole, read back, and found by the start of its name', async () => {
  const at = root()
  const made = await createSweep(at, planOf(), files)
  expect(readdirSync(made.path).sort()).toEqual(['1.run.yaml', 'sweep.json'])
  expect(await readSweep(made)).toEqual({ plan: planOf(), events: [] })
  expect(await findSweep(at, 'cnn')).toEqual(made)
  expect((await findSweep(at, made.path))?.sweep).toBe('cnn-ab12')
  expect(await findSweep(at, 'cm')).toBeNull()
  await createSweep(at, planOf('cd34'), files)
  await expect(findSweep(at, 'cnn')).rejects.toMatchObject({ code: 'SWEEP_AMBIGUOUS' })
  expect(await sweepIdFor(at)).not.toMatch(/ab12|cd34/)
})

test('its journal keeps what trials came to, NaN too, and is cut where it is torn', async () => {
  const made = await createSweep(root(), planOf(), files)
  const outcome = {
    state: 'failed',
    value: null,
    step: 3,
    steps: 9,
    seconds: 1,
    curve: [[0.5, Number.NaN]],
    sentence: 'NaN',
  }
  const event = { type: 'reported', trial: 1, seed: 0, rung: 0, run: 'cnn-ab12', outcome } as SweepEvent
  {
    await using journal = await openJournal<SweepEvent>(made.journal)
    await journal.record(event)
  }
  writeFileSync(made.journal, '{"crc":"0000', { flag: 'a' })
  expect((await readSweep(made)).events).toEqual([event])
})

test('a full disk leaves nothing of it', async () => {
  const at = root()
  let writes = 0
  const full: Disk = {
    ...nodeDisk,
    open: async (path, how) => {
      if (how === 'replace' && ++writes === 2) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      return nodeDisk.open(path, how)
    },
  }
  await expect(createSweep(at, planOf(), files, full)).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(readdirSync(join(at, 'runs', 'sweeps'))).toEqual([])
})

test('what a killed writer left is no sweep, and goes with the next one; a living one’s stays', async () => {
  const at = root()
  const sweeps = join(at, 'runs', 'sweeps')
  // no process has this number: it is above what Linux gives out
  for (const pid of [4_999_999, process.pid]) mkdirSync(join(sweeps, `.staging-${pid}-0badcafe`), { recursive: true })
  await createSweep(at, planOf(), files)
  expect(readdirSync(sweeps).sort()).toEqual([`.staging-${process.pid}-0badcafe`, 'cnn-ab12'])
  expect(await sweepNames(at)).toEqual(['cnn-ab12'])
})

test('a damaged plan is told', async () => {
  const made = await createSweep(root(), planOf(), files)
  writeFileSync(made.plan, '{"gonogo": 1')
  await expect(readSweep(made)).rejects.toMatchObject({ code: 'SWEEP_DAMAGED', where: made.plan })
})
