// The file operations that checkpoints and records are made of, narrow enough that a test can fail any single one.
// Not a file system abstraction: paths are the machine's own, and nothing here knows what a checkpoint is.
import { lstat, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** read: must exist. create: must not exist. replace: emptied when it exists. edit: must exist, kept. */
export type Opening = 'read' | 'create' | 'replace' | 'edit'

export interface DiskFile {
  /** Fills `into` from byte `at`; fewer bytes only where the file ends. */
  read(into: Uint8Array, at: number): Promise<number>
  /** Writes all of `bytes` at byte `at`. Nothing is safe from a power cut before `sync`. */
  write(bytes: Uint8Array, at: number): Promise<void>
  truncate(length: number): Promise<void>
  size(): Promise<number>
  sync(): Promise<void>
  close(): Promise<void>
}

export type EntryKind = 'file' | 'folder' | 'other'
export type Entry = { readonly name: string; readonly kind: EntryKind }

export interface Disk {
  open(path: string, how: Opening): Promise<DiskFile>
  /** With its parents, when it is not there. */
  makeFolder(path: string): Promise<void>
  /** Makes the names in a folder (new, renamed, removed) survive a power cut. */
  syncFolder(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** A file, or a folder with all in it. Nothing to remove is no error. */
  remove(path: string): Promise<void>
  /** Sorted by name. A folder that is not there is empty. */
  list(path: string): Promise<readonly Entry[]>
  /** Links are not followed: kind `other`. Null where there is nothing. */
  stat(path: string): Promise<{ readonly kind: EntryKind; readonly bytes: number } | null>
  /** Bytes that may still be written to the file system that holds `path`. */
  free(path: string): Promise<number>
}

const flags = { read: 'r', create: 'wx', replace: 'w', edit: 'r+' } as const satisfies Record<Opening, string>

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const kindOf = (s: { isFile(): boolean; isDirectory(): boolean }): EntryKind =>
  s.isFile() ? 'file' : s.isDirectory() ? 'folder' : 'other'

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

// One read or write of the operating system moves less than 2 GiB; stay well below.
const chunk = 1 << 26

const openNode = async (path: string, how: Opening): Promise<DiskFile> => {
  const handle = await open(path, flags[how])
  return {
    async read(into, at) {
      let done = 0
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, Math.min(chunk, into.length - done), at + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return done
    },
    async write(bytes, at) {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, done, Math.min(chunk, bytes.length - done), at + done)
        done += bytesWritten
      }
    },
    truncate: (length) => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    sync: () => handle.sync(),
    close: () => handle.close(),
  }
}

// Windows cannot open a folder for syncing, some network file systems refuse to: there the file system's own order must do.
const cannotSyncFolders = new Set(['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'ENOSYS'])

/** The real disk. */
export const nodeDisk: Disk = {
  open: openNode,
  async makeFolder(path) {
    await mkdir(path, { recursive: true })
  },
  async syncFolder(path) {
    try {
      const handle = await open(path, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    } catch (error) {
      if (!cannotSyncFolders.has(errorCode(error) ?? '')) throw error
    }
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  async list(path) {
    try {
      const entries = await readdir(path, { withFileTypes: true })
      return entries.map((e) => ({ name: e.name, kind: kindOf(e) })).sort((a, b) => byCode(a.name, b.name))
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return []
      throw error
    }
  },
  async stat(path) {
    try {
      const s = await lstat(path)
      return { kind: kindOf(s), bytes: s.size }
    } catch (error) {
      const code = errorCode(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return null
      throw error
    }
  },
  async free(path) {
    const s = await statfs(path)
    return s.bavail * s.bsize
  },
}

/** Opens, uses and closes a file. A failing close is reported only where the use itself succeeded. */
export const withFile = async <T>(
  disk: Disk,
  path: string,
  how: Opening,
  use: (file: DiskFile) => Promise<T>,
): Promise<T> => {
  const file = await disk.open(path, how)
  let result: T
  try {
    result = await use(file)
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
  await file.close()
  return result
}

/** The whole file. `limit` guards against a hostile or runaway file: beyond it RangeError. */
export const readBytes = (disk: Disk, path: string, limit = 2 ** 31): Promise<Buffer> =>
  withFile(disk, path, 'read', async (file) => {
    const size = await file.size()
    if (size > limit) throw new RangeError(`${path} holds ${size} bytes, more than ${limit}`)
    const bytes = Buffer.alloc(size)
    return bytes.subarray(0, await file.read(bytes, 0))
  })

/** A new or emptied file whose bytes are safe on return. Its name is safe after `syncFolder` of its parent. */
export const writeSynced = (disk: Disk, path: string, content: string | Uint8Array): Promise<void> =>
  withFile(disk, path, 'replace', async (file) => {
    await file.write(typeof content === 'string' ? Buffer.from(content) : content, 0)
    await file.sync()
  })

/** Replaces a file by another in one move: a reader, or a power cut, meets the old or the new, never a part. */
export const replaceFile = async (disk: Disk, path: string, content: string | Uint8Array): Promise<void> => {
  const next = `${path}.new`
  await writeSynced(disk, next, content)
  await disk.rename(next, path)
  await disk.syncFolder(dirname(path))
}

/** Makes the bytes of a file safe that somebody else wrote. */
export const syncFile = (disk: Disk, path: string): Promise<void> =>
  withFile(disk, path, process.platform === 'win32' ? 'edit' : 'read', (file) => file.sync())

/** Makes a folder whose name survives a power cut; its parent must exist. */
export const makeFolderSynced = async (disk: Disk, path: string): Promise<void> => {
  if ((await disk.stat(path)) !== null) return
  await disk.makeFolder(path)
  await disk.syncFolder(dirname(path))
}

/** Every file under a folder, as paths with `/`, sorted; `others` are links, sockets and the like. */
export const filesUnder = async (
  disk: Disk,
  root: string,
): Promise<{ files: string[]; folders: string[]; others: string[] }> => {
  const found = { files: [] as string[], folders: [] as string[], others: [] as string[] }
  const walk = async (prefix: string): Promise<void> => {
    for (const { name, kind } of await disk.list(join(root, prefix))) {
      const path = prefix === '' ? name : `${prefix}/${name}`
      if (kind === 'file') found.files.push(path)
      else if (kind === 'other') found.others.push(path)
      else {
        found.folders.push(path)
        await walk(path)
      }
    }
  }
  await walk('')
  found.files.sort(byCode)
  return found
}
