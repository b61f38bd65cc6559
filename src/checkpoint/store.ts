// The checkpoints of one run: published by one rename, verified on load, pruned last.
// What is inside a checkpoint is the engine's; who may write is decided by the run's lock, not here.
//
// checkpoints/step-00000430/    one checkpoint: the engine's files and manifest.json
// checkpoints/index.json        all of them, with the reasons why each is kept; rebuilt when missing or torn
// checkpoints/latest, best      one line of text: the folder's name. Text because links do not exist everywhere and a
//                               copy to another disk breaks them; `cat checkpoints/best` and any language read it
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type CheckpointRecord, GonogoError, type Retention } from '../contract/index.ts'
import { type Disk, filesUnder, makeFolderSynced, nodeDisk, readBytes, replaceFile } from './disk.ts'
import { bytesInWords, bytesNeeded, diskFull, isDiskFull, orDiskFull } from './diskFull.ts'
import { checkpointName, scan, writeIndex } from './indexFile.ts'
import { findDamage, type Kept, readManifest, sealFolder } from './manifest.ts'
import { type KeptAs, type Objective, ranked, retain } from './retention.ts'

export type StoreOptions = {
  readonly keep: Retention
  readonly objective: Objective
  readonly disk?: Disk
  /** Called right before a checkpoint becomes visible; throws where this process has lost the run to another. */
  readonly guard?: () => Promise<void>
}

export type KeptCheckpoint = { readonly checkpoint: CheckpointRecord; readonly keptAs: readonly KeptAs[] }
export type Verified = { readonly intact: true } | { readonly intact: false; readonly reason: string }
export type PassedOver = { readonly name: string; readonly reason: string }

/** Reads a run's checkpoints. Changes nothing, so a run that is being trained can be looked at. */
export interface Checkpoints {
  readonly dir: string
  /** In the order in which they were saved. */
  list(): Promise<readonly KeptCheckpoint[]>
  find(which: 'latest' | 'best' | (string & {})): Promise<CheckpointRecord | null>
  /** The folder of a checkpoint. */
  path(name: string): string
  /** Compares every byte with the manifest. */
  verify(name: string): Promise<Verified>
  /** The newest checkpoint that verifies, and why newer ones do not. */
  newestIntact(): Promise<{ readonly record: CheckpointRecord | null; readonly passedOver: readonly PassedOver[] }>
}

export type SaveAt = {
  readonly step: number
  readonly epoch: number
  readonly metrics: Readonly<Record<string, number>>
  /** Size to expect, where it is known: it makes the message about a full disk exact. */
  readonly bytes?: number
}

export type Saved = {
  readonly checkpoint: CheckpointRecord
  readonly keptAs: KeptAs[]
  readonly removed: string[]
  /** Older checkpoints that should have gone and would not. */
  readonly notRemoved: readonly PassedOver[]
  readonly seconds: number
}

export interface Store extends Checkpoints {
  /** `write` fills an empty folder; it becomes a checkpoint as a whole or not at all. */
  save(at: SaveAt, write: (stagingDir: string) => Promise<unknown>): Promise<Saved>
  /** Takes a damaged checkpoint out of the list, as folder `damaged-<name>`, so that it is never latest or best again. */
  setAside(name: string): Promise<void>
}

const checked = (name: string): string => {
  if (checkpointName.test(name)) return name
  throw new GonogoError('CHECKPOINT_NAME', 'this is no name of a checkpoint', {
    seen: name,
    expected: 'a name like step-00000430',
  })
}

/** The checkpoints under `dir` for reading. */
export const readStore = (dir: string, { keep, objective, disk = nodeDisk }: StoreOptions): Checkpoints => {
  const path = (name: string): string => join(dir, checked(name))

  const verify = async (name: string): Promise<Verified> => {
    checked(name)
    const read = await readManifest(disk, dir, name)
    if ('reason' in read) return { intact: false, reason: read.reason }
    const known = (await scan(disk, dir)).kept.find((k) => k.checkpoint.name === name)
    const reason =
      known !== undefined && known.checkpoint.manifest !== read.kept.checkpoint.manifest
        ? 'manifest.json changed after it was saved: its sha256 differs from the index'
        : await findDamage(disk, dir, name, read.manifest)
    return reason === null ? { intact: true } : { intact: false, reason }
  }

  return {
    dir,
    path,
    verify,
    async list() {
      const records = (await scan(disk, dir)).kept.map((k) => k.checkpoint)
      const reasons = retain(keep, records, objective)
      return records.map((checkpoint) => ({ checkpoint, keptAs: reasons.get(checkpoint.name) ?? [] }))
    },
    async find(which) {
      const records = (await scan(disk, dir)).kept.map((k) => k.checkpoint)
      if (which === 'latest') return records.at(-1) ?? null
      if (which === 'best') return ranked(records, objective)[0] ?? null
      return records.find((r) => r.name === which) ?? null
    },
    async newestIntact() {
      const { kept, unreadable } = await scan(disk, dir)
      const candidates = [
        ...kept.map((k) => ({ name: k.checkpoint.name, order: k.sequence, record: k.checkpoint, reason: '' })),
        ...unreadable.map((u) => ({ ...u, record: null })),
      ].sort((a, b) => b.order - a.order)
      const passedOver: PassedOver[] = []
      for (const { name, record, reason } of candidates) {
        const verified: Verified = record === null ? { intact: false, reason } : await verify(name)
        if (verified.intact) return { record, passedOver }
        passedOver.push({ name, reason: verified.reason })
      }
      return { record: null, passedOver }
    },
  }
}

const stagingPrefix = '.staging-'
const trashPrefix = '.trash-'
const pointers = ['latest', 'best'] as const

const point = async (disk: Disk, dir: string, to: Record<(typeof pointers)[number], string | undefined>) => {
  for (const pointer of pointers) {
    const path = join(dir, pointer)
    const name = to[pointer]
    if (name === undefined) await disk.remove(path)
    else await replaceFile(disk, path, `${name}\n`)
  }
}

/** The folder name in `latest` or `best`; null where there is none. */
export const readPointer = async (
  disk: Disk,
  dir: string,
  pointer: (typeof pointers)[number],
): Promise<string | null> => {
  if ((await disk.stat(join(dir, pointer)))?.kind !== 'file') return null
  const name = (await readBytes(disk, join(dir, pointer), 1000)).toString('utf8').trim()
  return checkpointName.test(name) ? name : null
}

/**
 * The checkpoints under `dir` for the one process that writes them: what dead saves left behind is cleared first.
 *
 * @example
 * const store = await openStore('runs/a-1b2c/checkpoints', { keep: { latest: 1, best: 1, top: 0 }, objective: { name: 'val_loss', direction: 'min' } })
 * await store.save({ step: 430, epoch: 1, metrics: { val_loss: 0.07 } }, (dir) => subject.persist({ op: 'save', dir }))
 */
export const openStore = async (dir: string, options: StoreOptions): Promise<Store> => {
  const { keep, objective, disk = nodeDisk, guard } = options
  const reader = readStore(dir, options)

  const publishIndex = async (kept: readonly Kept[]): Promise<ReadonlyMap<string, readonly KeptAs[]>> => {
    const records = kept.map((k) => k.checkpoint)
    const reasons = retain(keep, records, objective)
    const staying = kept.filter((k) => reasons.has(k.checkpoint.name))
    await writeIndex(disk, dir, staying, reasons)
    await point(disk, dir, { latest: records.at(-1)?.name, best: ranked(records, objective)[0]?.name })
    return reasons
  }

  // First under another name, safely, then file by file: a half-removed folder must not look like a checkpoint.
  const prune = async (names: readonly string[]): Promise<{ removed: string[]; notRemoved: PassedOver[] }> => {
    const removed: string[] = []
    const notRemoved: PassedOver[] = []
    const attempt = async (name: string, work: () => Promise<void>): Promise<boolean> => {
      try {
        await work()
        return true
      } catch (error) {
        notRemoved.push({ name, reason: error instanceof Error ? error.message : String(error) })
        return false
      }
    }
    const trashed: string[] = []
    for (const name of names) {
      if (await attempt(name, () => disk.rename(join(dir, name), join(dir, trashPrefix + name)))) trashed.push(name)
    }
    if (trashed.length === 0 || !(await attempt(trashed.join(', '), () => disk.syncFolder(dir))))
      return { removed, notRemoved }
    for (const name of trashed) {
      if (await attempt(name, () => disk.remove(join(dir, trashPrefix + name)))) removed.push(name)
    }
    return { removed, notRemoved }
  }

  const freeName = async (step: number): Promise<string> => {
    const base = `step-${String(step).padStart(8, '0')}`
    const taken = new Set((await disk.list(dir)).map((e) => e.name))
    for (let attempt = 1; ; attempt++) {
      const name = attempt === 1 ? base : `${base}-${attempt}`
      if (!taken.has(name) && !taken.has(`damaged-${name}`)) return checked(name)
    }
  }

  /** How a failed save is told. The staging folder still lies there, so what it holds counts as free. */
  const explain = async (error: unknown, at: SaveAt, staging: string, before: readonly Kept[]): Promise<unknown> => {
    if (!isDiskFull(error)) return error
    let staged = 0
    for (const path of (await filesUnder(disk, staging)).files) {
      staged += (await disk.stat(join(staging, path)))?.bytes ?? 0
    }
    const last = before.at(-1)?.checkpoint
    return diskFull({
      where: dir,
      needed: Math.max(at.bytes ?? 0, last?.bytes ?? 0, staged, bytesNeeded(error)),
      free: (await disk.free(dir)) + staged,
      intact:
        last === undefined
          ? 'there is no earlier checkpoint'
          : `the earlier checkpoint ${last.name} (step ${last.step}, ${bytesInWords(last.bytes)}) is intact`,
      cause: error,
    })
  }

  const save: Store['save'] = async (at, write) => {
    const started = performance.now()
    const before = (await scan(disk, dir)).kept
    const staging = join(dir, stagingPrefix + randomBytes(6).toString('hex'))
    let all: readonly Kept[] = before
    let fresh: Kept
    let reasons: ReadonlyMap<string, readonly KeptAs[]>
    try {
      await disk.makeFolder(staging)
      await write(staging)
      const sequence = (before.at(-1)?.sequence ?? -1) + 1
      const sealed = await sealFolder(disk, staging, { sequence, step: at.step, epoch: at.epoch, metrics: at.metrics })
      const name = await freeName(at.step)
      await guard?.()
      await disk.rename(staging, join(dir, name))
      await disk.syncFolder(dir)
      fresh = sealed(name)
      all = [...before, fresh]
      reasons = await publishIndex(all)
    } catch (error) {
      const told = await explain(error, at, staging, all).catch(() => error)
      await disk.remove(staging).catch(() => undefined)
      throw told
    }
    const superfluous = all.map((k) => k.checkpoint.name).filter((name) => !reasons.has(name))
    const pruned = await prune(superfluous)
    return {
      checkpoint: fresh.checkpoint,
      keptAs: [...(reasons.get(fresh.checkpoint.name) ?? [])],
      ...pruned,
      seconds: (performance.now() - started) / 1000,
    }
  }

  const recover = async (): Promise<void> => {
    await makeFolderSynced(disk, dir)
    for (const { name } of await disk.list(dir)) {
      const left = name.startsWith(stagingPrefix) || name.startsWith(trashPrefix) || name.endsWith('.new')
      if (left) await disk.remove(join(dir, name))
    }
    const { kept, indexed } = await scan(disk, dir)
    const records = kept.map((k) => k.checkpoint)
    const wanted = { latest: records.at(-1)?.name, best: ranked(records, objective)[0]?.name }
    const pointed = await Promise.all(
      pointers.map(async (p) => (await readPointer(disk, dir, p)) === (wanted[p] ?? null)),
    )
    if (!indexed || pointed.includes(false)) await publishIndex(kept)
  }

  await orDiskFull(disk, { where: dir, needed: 1 << 16, intact: 'every checkpoint is as it was' }, recover)
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }
  return {
    ...reader,
    save: (at, write) => inTurn(() => save(at, write)),
    setAside: (name) =>
      inTurn(async () => {
        const aside = join(dir, `damaged-${checked(name)}`)
        await disk.remove(aside)
        await disk.rename(join(dir, name), aside)
        await disk.syncFolder(dir)
        await publishIndex((await scan(disk, dir)).kept)
      }),
  }
}
