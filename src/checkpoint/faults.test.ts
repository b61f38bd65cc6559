// Every single write, sync, rename and removal of a save fails once, in each way a disk can fail. What was saved stays.
// Real files; only the moment of the fault is chosen.
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Disk, nodeDisk } from './disk.ts'
import { type Fault, faultyDisk } from './faultyDisk.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import { openStore, readPointer, readStore, type StoreOptions } from './store.ts'

const options: StoreOptions = {
  keep: { latest: 1, best: 1, top: 0 },
  objective: { name: 'val_loss', direction: 'min' },
}

let folders: string[] = []
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  folders = []
})

const write = (disk: Disk, step: number) => async (dir: string) => {
  const weights = new Float32Array(300).fill(step)
  await writeSafetensors(
    join(dir, 'model.safetensors'),
    new Map([['w', { dtype: 'F32', shape: [300], data: weights }]]),
    new Map(),
    disk,
  )
  // A worker writes with its own means, not through our disk.
  appendFileSync(join(dir, 'state.json'), JSON.stringify({ step }))
}

const content = async (dir: string): Promise<unknown> =>
  new Set((await readSafetensors(join(dir, 'model.safetensors'))).tensors.get('w')?.data as Float32Array)

/** 20 is saved on a sound disk; 30 replaces it as best, 40 is only the latest, so that saves prune in both ways. */
const metrics = new Map([
  [10, 0.9],
  [20, 0.8],
  [30, 0.5],
  [40, 0.7],
])
const at = (step: number) => ({ step, epoch: 1, metrics: { val_loss: metrics.get(step) ?? 1 } })

const survive = async (fault: Fault): Promise<boolean> => {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-fault-'))
  folders.push(root)
  const dir = join(root, 'checkpoints')
  const sound = await openStore(dir, options)
  for (const step of [10, 20]) await sound.save(at(step), write(nodeDisk, step))

  const faulty = faultyDisk(root, fault)
  let promised = 20
  let failed = false
  try {
    const store = await openStore(dir, { ...options, disk: faulty.disk })
    for (const step of [30, 40]) {
      await store.save(at(step), write(faulty.disk, step))
      promised = step
    }
  } catch {
    failed = true
  }
  const told = `fault ${fault.at} of kind ${fault.kind} (${fault.loses ?? '-'}): ${faulty.operations[fault.at - 1]}`

  // As a reader of the folder as it is.
  const { record, passedOver } = await readStore(dir, options).newestIntact()
  expect(passedOver, told).toEqual([])
  expect(record?.step, told).toBeGreaterThanOrEqual(promised)
  expect(await content(join(dir, record?.name ?? '')), told).toEqual(new Set([record?.step]))

  // As the next process: what is listed is intact, what is kept is right, nothing is left over, saving works.
  const next = await openStore(dir, options)
  for (const { checkpoint } of await next.list()) {
    expect(await next.verify(checkpoint.name), told).toEqual({ intact: true })
    expect(await content(next.path(checkpoint.name)), told).toEqual(new Set([checkpoint.step]))
  }
  expect((await next.find('latest'))?.step, told).toBe(record?.step)
  expect(await readPointer(nodeDisk, dir, 'latest'), told).toBe(record?.name)
  expect((await next.find('best'))?.step, told).toBe(record?.step === 20 ? 20 : 30)
  const saved = await next.save(at(50), write(nodeDisk, 50))
  expect(saved.keptAs, told).toEqual(['latest'])
  const left = readdirSync(dir).filter((n) => !/^(step-\d{8}|index\.json|latest|best)$/.test(n))
  expect(left, told).toEqual([])
  expect((await next.list()).length, told).toBe(2)

  rmSync(root, { recursive: true, force: true })
  expect(failed || !faulty.fired() || fault.kind !== 'crash', told).toBe(true)
  return faulty.fired()
}

const kinds: readonly Omit<Fault, 'at'>[] = [
  { kind: 'ENOSPC' },
  { kind: 'EIO' },
  { kind: 'crash', loses: 'unsynced' },
  { kind: 'crash', loses: 'nothing' },
  { kind: 'crash', loses: 11 },
  { kind: 'crash', loses: 47 },
  { kind: 'crash', loses: 90001 },
]

test.each(kinds)('an earlier checkpoint survives $kind (loses $loses) at every operation', async (kind) => {
  let at = 1
  while (await survive({ at, ...kind })) at++
  // Two saves of two files each, their manifests, index, pointers and pruning.
  expect(at).toBeGreaterThan(50)
})

test('the faulty disk does lose what is not synced', async () => {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-fault-'))
  folders.push(root)
  // 1 open a, 2 write a, 3 sync a, 4 write more, 5 syncFolder, 6 open b, 7 rename
  const { disk } = faultyDisk(root, { at: 8, kind: 'crash' })
  const a = await disk.open(join(root, 'a'), 'create')
  await a.write(Buffer.from('safe'), 0)
  await a.sync()
  await a.write(Buffer.from(' lost'), 4)
  await disk.syncFolder(root)
  await (await disk.open(join(root, 'b'), 'create')).close()
  await disk.rename(join(root, 'a'), join(root, 'c'))
  await a.close()
  await expect(disk.syncFolder(root)).rejects.toThrow('power lost in operation 8')
  expect(readdirSync(root)).toEqual(['a'])
  expect((await nodeDisk.stat(join(root, 'a')))?.bytes).toBe(4)
  await expect(disk.list(root)).rejects.toThrow('the power is off')
})
