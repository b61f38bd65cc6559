// Where a command runs: the project it belongs to, a scratch folder that never stays behind, our own version.
import { randomBytes } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const markers = ['package.json', 'pyproject.toml', '.git']

/** The nearest folder upwards that is a project; `folder` itself where none is. runs/ lies in it. */
export const projectRoot = async (folder: string): Promise<string> => {
  for (let at = folder; ; at = dirname(at)) {
    for (const marker of markers) if (await exists(join(at, marker))) return at
    if (dirname(at) === at) return folder
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const prefix = 'gonogo-scratch-'

/** A folder that is removed when disposed of; what a killed process left behind goes with the next one. */
export const scratchFolder = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const { acquireLock, lockHolder } = await import('./record/index.ts')
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const stale = join(tmpdir(), name)
    const holder = await lockHolder(stale).catch(() => null)
    if (holder?.life === 'dead') await rm(stale, { recursive: true, force: true }).catch(() => {})
  }
  const path = await mkdtemp(join(tmpdir(), prefix))
  const lock = await acquireLock(path)
  const work = join(path, 'work')
  await mkdir(work)
  return {
    path: work,
    [Symbol.asyncDispose]: async () => {
      await lock[Symbol.asyncDispose]()
      await rm(path, { recursive: true, force: true })
    },
  }
}

/**
 * A new file for what an experiment prints before its run has a folder. It lies in runs/, on whatever disk that is,
 * so that it can be moved into the run's folder while the experiment has it open.
 */
export const newLog = async (root: string): Promise<string> => {
  const folder = join(root, 'runs')
  await mkdir(folder, { recursive: true })
  // what interrupted and killed commands left behind
  for (const name of await readdir(folder)) {
    const pid = /^\.log-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { force: true })
  }
  const path = join(folder, `.log-${process.pid}-${randomBytes(4).toString('hex')}.txt`)
  await writeFile(path, '')
  return path
}

/** Removes a log that no run has taken over, and runs/ where that leaves it empty. */
export const removeLog = async (path: string): Promise<void> => {
  await rm(path, { force: true })
  await rmdir(dirname(path)).catch(() => {})
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Version in our own package.json. */
export const ownVersion = async (): Promise<string> => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
