// manifest.json: what a checkpoint is and the sha256 of each file in it. It alone can rebuild a record.
// It does not say which checkpoints are kept, nor when it was made: equal state gives an equal manifest.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { type CheckpointRecord, fromJson, measurements, toJson } from '../contract/index.ts'
import { type Disk, errorCode, filesUnder, readBytes, syncFile, withFile, writeSynced } from './disk.ts'

export const manifestName = 'manifest.json'
const manifestLimit = 1 << 26

const manifest = z.object({
  gonogo: z.literal(1),
  /** Counts the saves of a run: the order in which checkpoints were made, which a resume can make differ from the steps. */
  sequence: z.int().min(0),
  step: z.int().min(0),
  epoch: z.int().min(0),
  metrics: measurements,
  /** A list, because file names come from users. */
  files: z.array(z.object({ path: z.string(), bytes: z.int().min(0), sha256: z.string() })),
})
export type Manifest = z.infer<typeof manifest>
export type Kept = { readonly sequence: number; readonly checkpoint: CheckpointRecord }

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const hashFile = (disk: Disk, path: string): Promise<{ bytes: number; sha256: string }> =>
  withFile(disk, path, 'read', async (file) => {
    const hash = createHash('sha256')
    const buffer = Buffer.alloc(Math.min(1 << 20, Math.max(1, await file.size())))
    let bytes = 0
    for (;;) {
      const read = await file.read(buffer, bytes)
      if (read === 0) return { bytes, sha256: hash.digest('hex') }
      hash.update(buffer.subarray(0, read))
      bytes += read
    }
  })

const recordOf = (name: string, m: Manifest, text: Uint8Array): Kept => ({
  sequence: m.sequence,
  checkpoint: {
    name,
    step: m.step,
    epoch: m.epoch,
    metrics: m.metrics,
    manifest: sha256(text),
    bytes: m.files.reduce((sum, f) => sum + f.bytes, 0),
  },
})

/** Hashes and syncs every file of a staged folder, then writes its manifest. The folder's own name is the caller's to sync. */
export const sealFolder = async (
  disk: Disk,
  folder: string,
  about: Omit<Manifest, 'gonogo' | 'files'>,
): Promise<(name: string) => Kept> => {
  const { files, folders, others } = await filesUnder(disk, folder)
  if (others.length > 0) throw new Error(`a checkpoint may hold files and folders only, not ${others.join(', ')}`)
  const entries: Manifest['files'] = []
  for (const path of files) {
    await syncFile(disk, join(folder, path))
    entries.push({ path, ...(await hashFile(disk, join(folder, path))) })
  }
  const content: Manifest = { gonogo: 1, ...about, files: entries }
  const text = Buffer.from(`${toJson(content, 1)}\n`)
  await writeSynced(disk, join(folder, manifestName), text)
  for (const inner of folders.toReversed()) await disk.syncFolder(join(folder, inner))
  await disk.syncFolder(folder)
  return (name) => recordOf(name, content, text)
}

/** An answer instead of an exception: a damaged checkpoint is nothing unusual to the one who looks for an intact one. */
type Read = { readonly kept: Kept; readonly manifest: Manifest } | { readonly reason: string }

const why = (error: unknown): string => {
  const code = errorCode(error)
  if (code === undefined && !(error instanceof RangeError)) throw error
  return code === 'ENOENT' ? 'is missing' : `cannot be read (${(error as Error).message})`
}

export const readManifest = async (disk: Disk, dir: string, name: string): Promise<Read> => {
  let text: Buffer
  try {
    text = await readBytes(disk, join(dir, name, manifestName), manifestLimit)
  } catch (error) {
    return { reason: `${manifestName} ${why(error)}` }
  }
  let value: unknown
  try {
    value = fromJson(text.toString('utf8'))
  } catch {
    return { reason: `${manifestName} is torn: no JSON in its ${text.length} bytes` }
  }
  const parsed = manifest.safeParse(value)
  if (parsed.success) return { kept: recordOf(name, parsed.data, text), manifest: parsed.data }
  const version = z.object({ gonogo: z.number().gt(1) }).safeParse(value)
  return {
    reason: version.success
      ? `${manifestName} has format ${version.data.gonogo}, which a newer gonogo wrote`
      : `${manifestName} is damaged: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`,
  }
}

// Finder and friends leave dot files behind; they are no part of a checkpoint and no reason to refuse it.
const isOurs = (path: string): boolean => path !== manifestName && !path.split('/').some((part) => part.startsWith('.'))

/** Why a folder is not what its manifest says; null where it is, byte for byte. */
export const findDamage = async (disk: Disk, dir: string, name: string, m: Manifest): Promise<string | null> => {
  const { files, others } = await filesUnder(disk, join(dir, name))
  const listed = new Set(m.files.map((f) => f.path))
  const extra = [...files, ...others].find((path) => isOurs(path) && !listed.has(path))
  if (extra !== undefined) return `${extra} is not in the manifest`
  const there = new Set(files)
  for (const { path, bytes, sha256: expected } of m.files) {
    // Only paths found by walking the folder are opened: a hostile manifest cannot name others.
    if (!there.has(path)) return `${path} is missing`
    try {
      const seen = await hashFile(disk, join(dir, name, path))
      if (seen.bytes !== bytes) return `${path} holds ${seen.bytes} bytes, ${bytes} were saved`
      if (seen.sha256 !== expected) return `${path} changed after it was saved: its sha256 differs`
    } catch (error) {
      return `${path} ${why(error)}`
    }
  }
  return null
}
