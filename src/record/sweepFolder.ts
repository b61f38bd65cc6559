// A sweep is a folder too: runs/sweeps/<name>-<id>/ with its plan, one run file a trial, and a journal of what they came to.
// Not the trials' runs: those lie beside every other run, in runs/.
import { randomBytes } from 'node:crypto'
import { basename, isAbsolute, join, resolve } from 'node:path'
import {
  bytesInWords,
  type Disk,
  makeFolderSynced,
  nodeDisk,
  orDiskFull,
  readBytes,
  writeSynced,
} from '../checkpoint/index.ts'
import {
  fromJson,
  GonogoError,
  nearest,
  type SweepEvent,
  type SweepPlan,
  sweepEvent,
  sweepPlan,
  toJson,
} from '../contract/index.ts'
import { startTime } from './processIdentity.ts'
import { readJournal } from './readJournal.ts'
import { runsFolder } from './runFolder.ts'

export type SweepFolder = {
  /** `<name>-<id>`. */
  readonly sweep: string
  readonly path: string
  readonly plan: string
  readonly journal: string
  readonly preflight: string
  /** The table as a page with pictures. */
  readonly page: string
  /** The run file of the winner. */
  readonly best: string
}

const sweepsFolder = (root: string): string => join(runsFolder(root), 'sweeps')

export const sweepFolder = (root: string, sweep: string): SweepFolder => layout(join(sweepsFolder(root), sweep), sweep)

const layout = (path: string, sweep: string): SweepFolder => ({
  sweep,
  path,
  plan: join(path, 'sweep.json'),
  journal: join(path, 'journal.jsonl'),
  preflight: join(path, 'preflight.json'),
  page: join(path, 'sweep.html'),
  best: join(path, 'best.run.yaml'),
})

const nameOf = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/

export const sweepNames = async (root: string, disk: Disk = nodeDisk): Promise<string[]> => {
  const names: string[] = []
  for (const { name } of await disk.list(sweepsFolder(root)))
    if (nameOf.test(name) && (await disk.stat(sweepFolder(root, name).plan))?.kind === 'file') names.push(name)
  return names
}

/** An id under which neither a sweep nor a run of its trials lies there yet. */
export const sweepIdFor = async (root: string, disk: Disk = nodeDisk): Promise<string> => {
  const taken = [...(await disk.list(runsFolder(root))), ...(await disk.list(sweepsFolder(root)))].map((e) => e.name)
  for (;;) {
    const id = randomBytes(2).toString('hex')
    if (!taken.some((name) => name.includes(`-${id}`))) return id
  }
}

const staging = /^\.staging-(\d+)-[0-9a-f]{8}$/

/** What kills left behind while a sweep was being written. */
const clear = async (disk: Disk, folder: string): Promise<void> => {
  for (const { name } of await disk.list(folder)) {
    const pid = staging.exec(name)?.[1]
    if (pid !== undefined && (await startTime(Number(pid))) === undefined) await disk.remove(join(folder, name))
  }
}

/** Writes the whole folder elsewhere and gives it its name in one move: a kill or a full disk leaves all of it or nothing. */
export const createSweep = async (
  root: string,
  plan: SweepPlan,
  files: ReadonlyMap<string, string>,
  disk: Disk = nodeDisk,
): Promise<SweepFolder> => {
  const folder = sweepsFolder(root)
  const sweep = `${plan.name}-${plan.id}`
  const made = layout(join(folder, sweep), sweep)
  const draft = join(folder, `.staging-${process.pid}-${randomBytes(4).toString('hex')}`)
  const all = new Map([...files, ['sweep.json', `${toJson(plan, 1)}\n`]])
  const needed = [...all.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const intact = `nothing of the sweep (${bytesInWords(needed)}) was left behind`
  const write = async () => {
    await makeFolderSynced(disk, runsFolder(root))
    await makeFolderSynced(disk, folder)
    await clear(disk, folder)
    await disk.makeFolder(draft)
    for (const [name, text] of all) await writeSynced(disk, join(draft, name), text)
    await disk.syncFolder(draft)
    await disk.rename(draft, made.path)
    await disk.syncFolder(folder)
    return made
  }
  return await orDiskFull(disk, { where: folder, needed, intact }, write, () => disk.remove(draft))
}

/** By name, by the start of one, or by path. Null where there is none. */
export const findSweep = async (root: string, name: string, disk: Disk = nodeDisk): Promise<SweepFolder | null> => {
  if (isAbsolute(name) || /[/\\]/.test(name)) {
    const path = resolve(name)
    const found = layout(path, basename(path))
    return (await disk.stat(found.plan)) === null ? null : found
  }
  const names = await sweepNames(root, disk)
  const matches = names.includes(name) ? [name] : names.filter((n) => n.startsWith(name))
  if (matches.length > 1)
    throw new GonogoError('SWEEP_AMBIGUOUS', `${matches.length} sweeps have names that begin like this`, {
      where: sweepsFolder(root),
      seen: name,
      expected: `one of ${matches.slice(0, 8).join(', ')}`,
      try: nearest(name, matches) ?? matches.at(-1),
    })
  const match = matches.at(0)
  return match === undefined ? null : sweepFolder(root, match)
}

const damaged = (folder: SweepFolder, seen: string | undefined): GonogoError =>
  new GonogoError('SWEEP_DAMAGED', 'sweep.json of this sweep cannot be read', {
    where: folder.plan,
    seen,
    expected: 'the file as gonogo wrote it',
  })

export type SweepRead = { readonly plan: SweepPlan; readonly events: readonly SweepEvent[] }

export const readSweep = async (folder: SweepFolder, disk: Disk = nodeDisk): Promise<SweepRead> => {
  let value: unknown
  try {
    value = fromJson((await readBytes(disk, folder.plan)).toString('utf8'))
  } catch (error) {
    throw damaged(folder, error instanceof Error ? error.message : undefined)
  }
  const parsed = sweepPlan.safeParse(value)
  if (!parsed.success) throw damaged(folder, parsed.error.issues[0]?.message)
  const { entries } = await readJournal<SweepEvent>(folder.journal, { disk, schema: sweepEvent })
  return { plan: parsed.data, events: entries.map(({ event }) => event) }
}
