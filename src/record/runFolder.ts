// A run is a folder: runs/<name>-<id>/. Makes it, finds it by name, and refuses one that a newer gonogo wrote.
// It reads no journal and executes nothing that it finds; summaries are listRuns.ts.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { type Disk, makeFolderSynced, nodeDisk, orDiskFull, readBytes, writeSynced } from '../checkpoint/index.ts'
import { GonogoError, nearest, type Plan, toJson } from '../contract/index.ts'
import type { Provenance } from './provenance.ts'

/** Version of the run folder's layout. Raised when an older gonogo could misread a newer folder. */
export const runFormat = 1

const runJson = z.object({
  /** Version of the layout of this folder. */
  gonogo: z.literal(runFormat),
  /** Version of the package that made it. */
  version: z.string(),
  name: z.string(),
  id: z.string(),
  created: z.string(),
})

export type RunFolder = {
  /** `<name>-<id>`, the folder's own name. */
  readonly run: string
  readonly name: string
  readonly id: string
  readonly created: string
  readonly path: string
  readonly runFile: string
  readonly plan: string
  readonly provenance: string
  readonly preflight: string
  readonly journal: string
  readonly checkpoints: string
  readonly tensorboard: string
  readonly log: string
}

const layout = (path: string, about: z.infer<typeof runJson>): RunFolder => ({
  run: basename(path),
  name: about.name,
  id: about.id,
  created: about.created,
  path,
  runFile: join(path, 'run.yaml'),
  plan: join(path, 'plan.json'),
  provenance: join(path, 'provenance.json'),
  preflight: join(path, 'preflight.json'),
  journal: join(path, 'journal.jsonl'),
  checkpoints: join(path, 'checkpoints'),
  tensorboard: join(path, 'tensorboard'),
  log: join(path, 'log.txt'),
})

/** `root` is the folder that holds `runs/`: the plan's `folder`. */
export const runsFolder = (root: string): string => join(root, 'runs')

const nameOf = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/
const checkedName = (name: string): string => {
  if (nameOf.test(name)) return name
  throw new GonogoError('RUN_NAME', 'this cannot be the name of a run', {
    seen: JSON.stringify(name.slice(0, 120)),
    expected: 'letters, digits, dot, dash or underscore',
  })
}

export type NewRun = {
  readonly name: string
  /** Text of the run file, byte for byte as the person gave it. */
  readonly runFile: string | Uint8Array
  readonly plan: Plan
  readonly provenance: Provenance
  /** Version of gonogo. */
  readonly version: string
  /** Chosen beforehand, so that a kill at any moment leaves a folder that is found again; drawn where absent. */
  readonly id?: string
}

/**
 * Makes `runs/<name>-<id>` with run.yaml, plan.json and provenance.json. run.json is written last: a folder without it is no run.
 *
 * @example const run = await createRun('.', { name: 'mnist', runFile: text, plan, provenance, version: '0.1.0' })
 */
export const createRun = async (root: string, about: NewRun, disk: Disk = nodeDisk): Promise<RunFolder> => {
  const runs = runsFolder(root)
  await makeFolderSynced(disk, runs)
  checkedName(about.name)
  for (let attempt = 0; ; attempt++) {
    // Four digits are short enough to type; when they are used up, more.
    const id = about.id ?? randomBytes(attempt < 16 ? 2 : 4).toString('hex')
    const path = join(runs, `${about.name}-${id}`)
    // nobody else has this id: what lies there was left by a kill before it was a run
    if (about.id !== undefined && (await disk.stat(join(path, 'run.json'))) === null) await disk.remove(path)
    try {
      await mkdir(path)
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
      if (taken && about.id === undefined) continue
      throw error
    }
    const header = {
      gonogo: runFormat,
      version: about.version,
      name: about.name,
      id,
      created: new Date().toISOString(),
    }
    const run = layout(path, { ...header, gonogo: runFormat })
    const files = new Map([
      [run.runFile, about.runFile],
      [run.plan, `${toJson(about.plan, 1)}\n`],
      [run.provenance, `${toJson(about.provenance, 1)}\n`],
    ])
    const needed = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    const write = async () => {
      for (const [file, text] of files) await writeSynced(disk, file, text)
      await disk.syncFolder(path)
      await writeSynced(disk, join(path, 'run.json'), `${JSON.stringify(header, null, 1)}\n`)
      await disk.syncFolder(path)
      await disk.syncFolder(runs)
    }
    const intact = 'no run was begun, and nothing of it was left behind'
    await orDiskFull(disk, { where: runs, needed, intact }, write, () => disk.remove(path))
    return run
  }
}

/** The run in a folder; null where the folder is no run. Throws RUN_NEWER and RUN_DAMAGED. */
export const readRunFolder = async (path: string, disk: Disk = nodeDisk): Promise<RunFolder | null> => {
  const file = join(path, 'run.json')
  if ((await disk.stat(file))?.kind !== 'file') return null
  let value: unknown
  try {
    value = JSON.parse((await readBytes(disk, file, 1 << 16)).toString('utf8'))
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
  }
  const newer = z.object({ gonogo: z.number().gt(runFormat), version: z.string().optional() }).safeParse(value)
  if (newer.success) {
    const { gonogo, version } = newer.data
    throw new GonogoError('RUN_NEWER', 'a newer gonogo made this run', {
      where: path,
      seen: `run format ${gonogo}${version === undefined ? '' : `, written by gonogo ${version}`}`,
      expected: `run format ${runFormat} or older`,
      try: 'npm install gonogo@latest',
    })
  }
  const about = runJson.safeParse(value)
  if (about.success) return layout(path, about.data)
  throw new GonogoError('RUN_DAMAGED', 'run.json of this run cannot be read', {
    where: file,
    seen: about.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '),
    expected: 'the file as gonogo wrote it',
  })
}

/** Every folder under runs/ that holds a run.json, by name. */
export const runNames = async (root: string, disk: Disk = nodeDisk): Promise<string[]> => {
  const names: string[] = []
  for (const { name } of await disk.list(runsFolder(root))) {
    if (nameOf.test(name) && (await disk.stat(join(runsFolder(root), name, 'run.json')))?.kind === 'file')
      names.push(name)
  }
  return names
}

/**
 * Finds a run under `root` by its full name or a prefix that only one run has. Takes names alone, no paths: fit for a name
 * that stands in somebody's run file.
 */
export const findRun = async (root: string, name: string, disk: Disk = nodeDisk): Promise<RunFolder> => {
  checkedName(name)
  const names = await runNames(root, disk)
  const matches = names.includes(name) ? [name] : names.filter((n) => n.startsWith(name))
  const match = matches.length === 1 ? matches.at(0) : undefined
  if (match !== undefined) {
    const run = await readRunFolder(join(runsFolder(root), match), disk)
    if (run !== null) return run
  }
  throw matches.length > 1
    ? new GonogoError('RUN_AMBIGUOUS', `${matches.length} runs have names that begin like this`, {
        where: runsFolder(root),
        seen: name,
        expected: `one of ${matches.slice(0, 8).join(', ')}${matches.length > 8 ? ', …' : ''}`,
        try: matches.at(-1),
      })
    : new GonogoError('RUN_NOT_FOUND', 'no run has this name', {
        where: runsFolder(root),
        seen: name,
        expected: names.length === 0 ? 'a run, but there is none here yet' : 'the name of a run, or how it begins',
        try: nearest(name, names) ?? names.at(-1) ?? 'gonogo train FILE',
      })
}

/** Finds a run by its path, or else as {@link findRun} does. For what a person typed, not for what a file says. */
export const openRun = async (root: string, nameOrPath: string, disk: Disk = nodeDisk): Promise<RunFolder> => {
  const isPath = isAbsolute(nameOrPath) || /[/\\]/.test(nameOrPath) || nameOrPath === '.' || nameOrPath === '..'
  if (!isPath) return findRun(root, nameOrPath, disk)
  const path = resolve(nameOrPath)
  const run = await readRunFolder(path, disk)
  if (run !== null) return run
  throw new GonogoError('RUN_NOT_FOUND', 'this folder is no run', {
    where: path,
    seen: (await disk.stat(path)) === null ? 'no such folder' : 'no run.json in it',
    expected: 'a folder that gonogo train made',
    try: 'gonogo runs',
  })
}
