// A real disk that fails at one chosen operation, for tests: it throws there, or the machine loses power there.
// Not a model of one file system: it keeps only what was synced, which is all that POSIX promises.
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Disk, type DiskFile, nodeDisk } from './disk.ts'

export type Fault = {
  /** Number of the operation that fails; the first is 1. */
  readonly at: number
  /** An error code: this operation fails and later ones work. 'crash': power is lost, nothing works afterwards. */
  readonly kind: 'ENOSPC' | 'EIO' | 'crash'
  /**
   * What a crash takes: 'unsynced' bytes and names are lost; 'nothing' (the process alone died); a number seeds a coin
   * for each file and folder, because a disk may write in any order.
   */
  readonly loses?: 'unsynced' | 'nothing' | number
}

export type FaultyDisk = {
  readonly disk: Disk
  /** Whether the fault has happened. */
  readonly fired: () => boolean
  /** Names of the operations so far, for the message of a failing test. */
  readonly operations: readonly string[]
}

class PowerLost extends Error {
  override readonly name = 'PowerLost'
}

type Id = number
type Node =
  | { readonly kind: 'file'; readonly bytes: Buffer }
  | { readonly kind: 'folder'; readonly names: Map<string, Id> }

/** What a power cut leaves: the bytes and names at their last sync, followed by inode so that renames carry them along. */
const durableImage = (root: string) => {
  const ids = new Map<number, Id>()
  const synced = new Map<Id, Node>()
  let next = 1

  const idOf = (path: string): Id => {
    const { ino } = lstatSync(path)
    const known = ids.get(ino)
    if (known !== undefined) return known
    ids.set(ino, next)
    return next++
  }
  const now = (path: string): Node =>
    lstatSync(path).isDirectory()
      ? { kind: 'folder', names: new Map(readdirSync(path).map((name) => [name, idOf(join(path, name))])) }
      : { kind: 'file', bytes: readFileSync(path) }
  const sync = (path: string): void => void synced.set(idOf(path), now(path))
  const syncAll = (path: string): void => {
    sync(path)
    if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) syncAll(join(path, name))
  }
  /** A freed inode number comes back for another file, which must not inherit what was synced. */
  const forget = (path: string): void => {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return
    if (stat.isDirectory()) for (const name of readdirSync(path)) forget(join(path, name))
    ids.delete(stat.ino)
  }

  const crash = (coin: (() => boolean) | null): void => {
    const kinds = new Map<Id, Node>()
    const look = (path: string): void => {
      const node = now(path)
      kinds.set(idOf(path), node)
      if (node.kind === 'folder') for (const name of node.names.keys()) look(join(path, name))
    }
    look(root)
    const survivor = (id: Id): Node => {
      const live = kinds.get(id)
      const old = synced.get(id)
      if (live !== undefined && (coin?.() ?? false)) return live
      // Removed, and its own entry not synced: the names in it may be gone already.
      if (live === undefined && coin !== null && old?.kind === 'folder') {
        return { kind: 'folder', names: new Map([...old.names].filter(() => coin())) }
      }
      if (old !== undefined) return old
      return live?.kind === 'folder' ? { kind: 'folder', names: new Map() } : { kind: 'file', bytes: Buffer.alloc(0) }
    }
    const write = (path: string, node: Node): void => {
      if (node.kind === 'file') writeFileSync(path, node.bytes)
      else {
        mkdirSync(path, { recursive: true })
        for (const [name, id] of node.names) write(join(path, name), survivor(id))
      }
    }
    const top = survivor(idOf(root))
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true, force: true })
    write(root, top)
  }

  syncAll(root)
  return { sync, forget, crash, born: idOf }
}

const coinOf = (seed: number) => {
  let state = seed >>> 0 || 1
  return (): boolean => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state & 4) !== 0
  }
}

/** A disk over `root` (which must exist; what lies in it counts as synced) that fails at operation `fault.at`. */
export const faultyDisk = (root: string, fault: Fault): FaultyDisk => {
  const image = durableImage(root)
  const operations: string[] = []
  let dead = false

  const alive = (): void => {
    if (dead) throw new PowerLost('the power is off')
  }
  /** `half` is what an operation may leave behind when it is cut short. */
  const operation = async (name: string, half?: () => Promise<void>): Promise<void> => {
    alive()
    operations.push(name)
    if (operations.length !== fault.at) return
    await half?.()
    if (fault.kind !== 'crash') {
      throw Object.assign(new Error(`${fault.kind}: injected, ${name}`), { code: fault.kind })
    }
    dead = true
    const loses = fault.loses ?? 'unsynced'
    if (loses !== 'nothing') image.crash(loses === 'unsynced' ? null : coinOf(loses))
    throw new PowerLost(`power lost in operation ${fault.at}, ${name}`)
  }

  const wrap = (path: string, file: DiskFile): DiskFile => ({
    async read(into, at) {
      alive()
      return file.read(into, at)
    },
    async write(bytes, at) {
      await operation(`write ${path}`, () => file.write(bytes.subarray(0, bytes.length >> 1), at))
      await file.write(bytes, at)
    },
    async truncate(length) {
      await operation(`truncate ${path}`)
      await file.truncate(length)
    },
    async size() {
      alive()
      return file.size()
    },
    async sync() {
      await operation(`sync ${path}`)
      await file.sync()
      image.sync(path)
    },
    close: () => file.close(),
  })

  const disk: Disk = {
    async open(path, how) {
      if (how === 'read' || how === 'edit') alive()
      else await operation(`open ${path}`)
      const isNew = (how === 'create' || how === 'replace') && (await nodeDisk.stat(path)) === null
      const file = await nodeDisk.open(path, how)
      if (isNew) {
        image.forget(path)
        image.born(path)
      }
      return wrap(path, file)
    },
    async makeFolder(path) {
      await operation(`makeFolder ${path}`)
      const isNew = (await nodeDisk.stat(path)) === null
      await nodeDisk.makeFolder(path)
      if (isNew) {
        image.forget(path)
        image.born(path)
      }
    },
    async syncFolder(path) {
      await operation(`syncFolder ${path}`)
      await nodeDisk.syncFolder(path)
      image.sync(path)
    },
    async rename(from, to) {
      await operation(`rename ${from} → ${to}`)
      image.forget(to)
      await nodeDisk.rename(from, to)
    },
    async remove(path) {
      await operation(`remove ${path}`, async () => {
        const inside = (await nodeDisk.list(path).catch(() => [])).filter((_, i) => i % 2 === 1)
        for (const { name } of inside) await nodeDisk.remove(join(path, name))
      })
      image.forget(path)
      await nodeDisk.remove(path)
    },
    async list(path) {
      alive()
      return nodeDisk.list(path)
    },
    async stat(path) {
      alive()
      return nodeDisk.stat(path)
    },
    async free(path) {
      alive()
      return nodeDisk.free(path)
    },
  }
  return { disk, fired: () => operations.length >= fault.at, operations }
}
