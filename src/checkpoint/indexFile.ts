// checkpoints/index.json: a list of the checkpoints, for readers and tools that do not want to open each folder.
// Not the truth: the folders are. A missing, torn or stale index is rebuilt from their manifests.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { canonicalJson, checkpointRecord, fromJson, toJson } from '../contract/index.ts'
import { type Disk, errorCode, readBytes, replaceFile } from './disk.ts'
import { type Kept, readManifest } from './manifest.ts'
import type { KeptAs } from './retention.ts'

/** Folder names that a checkpoint may have. Everything else under checkpoints/ is left alone, whatever an index says. */
export const checkpointName = /^step-\d{8,15}(?:-\d{1,6})?$/

const indexName = 'index.json'
const indexFile = z.object({
  gonogo: z.literal(1),
  checkpoints: z.array(
    z.object({ sequence: z.int().min(0), keptAs: z.array(z.string()), checkpoint: checkpointRecord }),
  ),
  /** sha256 of canonical JSON of `checkpoints`: a flipped bit must not move the best. */
  sha256: z.string(),
})

const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex')

const readIndex = async (disk: Disk, dir: string): Promise<ReadonlyMap<string, Kept>> => {
  try {
    const parsed = indexFile.parse(fromJson((await readBytes(disk, join(dir, indexName), 1 << 26)).toString('utf8')))
    if (digest(parsed.checkpoints) !== parsed.sha256) return new Map()
    return new Map(parsed.checkpoints.map(({ sequence, checkpoint }) => [checkpoint.name, { sequence, checkpoint }]))
  } catch (error) {
    const known = error instanceof SyntaxError || error instanceof z.ZodError || error instanceof RangeError
    if (known || errorCode(error) !== undefined) return new Map()
    throw error
  }
}

export const writeIndex = async (
  disk: Disk,
  dir: string,
  kept: readonly Kept[],
  reasons: ReadonlyMap<string, readonly KeptAs[]>,
): Promise<void> => {
  const checkpoints = kept.map(({ sequence, checkpoint }) => ({
    sequence,
    keptAs: reasons.get(checkpoint.name) ?? [],
    checkpoint,
  }))
  await replaceFile(
    disk,
    join(dir, indexName),
    `${toJson({ gonogo: 1, checkpoints, sha256: digest(checkpoints) }, 1)}\n`,
  )
}

export type Unreadable = { readonly name: string; readonly reason: string; readonly order: number }
export type Scan = {
  /** In the order in which they were saved. */
  readonly kept: readonly Kept[]
  /** Folders whose manifest cannot be read; `order` places them among the others as well as can be told. */
  readonly unreadable: readonly Unreadable[]
  /** Whether the index on disk says just this. */
  readonly indexed: boolean
}

/** What the folders hold, through the index where it knows them. */
export const scan = async (disk: Disk, dir: string): Promise<Scan> => {
  const names = (await disk.list(dir))
    .filter((e) => e.kind === 'folder' && checkpointName.test(e.name))
    .map((e) => e.name)
  const index = await readIndex(disk, dir)
  const kept: Kept[] = []
  const broken: { name: string; reason: string }[] = []
  for (const name of names) {
    const known = index.get(name)
    if (known !== undefined) {
      kept.push(known)
      continue
    }
    const read = await readManifest(disk, dir, name)
    if ('kept' in read) kept.push(read.kept)
    else broken.push({ name, reason: read.reason })
  }
  kept.sort((a, b) => a.sequence - b.sequence || a.checkpoint.step - b.checkpoint.step)
  // Without its manifest a folder's place in the order can only be guessed from its step.
  const unreadable = broken.map(({ name, reason }) => {
    const step = Number(/^step-(\d+)/.exec(name)?.[1])
    const before = kept.findLast((k) => k.checkpoint.step <= step)
    return { name, reason, order: before === undefined ? -0.5 : before.sequence + 0.5 }
  })
  return { kept, unreadable, indexed: index.size === names.length && names.every((name) => index.has(name)) }
}
