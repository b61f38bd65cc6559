// One writer a run: a lock that a dead process cannot hold, with a fencing token so that a sleeper cannot come back.
// Advisory: it keeps gonogo from gonogo, not from rm.
//
// lock/000003.json holds the third holder; the highest number is the lock. Numbers only grow, and a number is made by an
// exclusive link, so of two that see a dead holder one gets the next number and the other an error. Nobody ever removes
// the highest number: a released lock stays, marked as released.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { GonogoError } from '../contract/index.ts'
import { type Life, lifeOf, processIdentity, thisProcess } from './processIdentity.ts'

const holderFile = z.object({
  process: processIdentity,
  since: z.string(),
  command: z.string(),
  released: z.boolean(),
})
export type Holder = z.infer<typeof holderFile> & { readonly token: number }

export interface RunLock extends AsyncDisposable {
  /** Fencing token: each holder of this run has a higher one than those before. */
  readonly token: number
  /** Throws RUN_TAKEN_OVER where another process has the run now. Call it before anything becomes visible. */
  check(): Promise<void>
  release(): Promise<void>
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
const fileOf = (dir: string, token: number): string => join(dir, `${String(token).padStart(6, '0')}.json`)

const tokensIn = async (dir: string): Promise<number[]> => {
  try {
    const names = await readdir(dir)
    return names
      .flatMap((n) => /^(\d{6,15})\.json$/.exec(n)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Null where no process is written down: never locked, or torn by a power cut, which no holder survives. */
const readHolder = async (dir: string, token: number): Promise<Holder | null> => {
  try {
    return { ...holderFile.parse(JSON.parse(await readFile(fileOf(dir, token), 'utf8'))), token }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Who holds a run, and whether that process lives. Null where nobody does. */
export const lockHolder = async (run: string): Promise<{ readonly holder: Holder; readonly life: Life } | null> => {
  const dir = join(run, 'lock')
  const token = (await tokensIn(dir)).at(-1)
  const holder = token === undefined ? null : await readHolder(dir, token)
  if (holder === null || holder.released) return null
  return { holder, life: await lifeOf(holder.process, await thisProcess()) }
}

const inUse = (run: string, dir: string, { process: p, since, command, token }: Holder, life: Life): GonogoError =>
  new GonogoError('RUN_IN_USE', 'another process is using this run', {
    where: run,
    seen: `pid ${p.pid} on ${p.host}, since ${since}: ${command}${life === 'unknown' ? ' (it cannot be looked at from here)' : ''}`,
    expected: 'one process a run',
    try:
      life === 'live'
        ? `wait for it, or end it: kill -INT ${p.pid}`
        : `end it on ${p.host}; when that machine is gone for good: rm ${fileOf(dir, token)}`,
  })

/** Writes the whole file first and gives it its number after: a holder is never half written. */
const claim = async (dir: string, token: number, content: string): Promise<boolean> => {
  const draft = join(dir, `.${randomBytes(6).toString('hex')}`)
  await writeFile(draft, content, { flag: 'wx' })
  try {
    await link(draft, fileOf(dir, token))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // File systems without links (exFAT, some network shares): exclusive creation does nearly as well.
    try {
      await writeFile(fileOf(dir, token), content, { flag: 'wx' })
      return true
    } catch (second) {
      if (codeOf(second) === 'EEXIST') return false
      throw second
    }
  } finally {
    await rm(draft, { force: true })
  }
}

/** A holder that is being written by the fallback of {@link claim} is empty for an instant. */
const isFresh = async (path: string): Promise<boolean> => {
  try {
    return Date.now() - (await stat(path)).mtimeMs < 2000
  } catch {
    return false
  }
}
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/**
 * Takes the lock of a run folder. A live holder is an error that names it; a dead one is replaced.
 *
 * @example await using lock = await acquireLock('runs/a-1b2c')
 */
export const acquireLock = async (run: string, command = process.argv.slice(1).join(' ')): Promise<RunLock> => {
  const dir = join(run, 'lock')
  await mkdir(dir, { recursive: true })
  const self = await thisProcess()
  const mine = { process: self, since: new Date().toISOString(), command, released: false }
  let token: number
  for (;;) {
    const last = (await tokensIn(dir)).at(-1) ?? 0
    const holder = last === 0 ? null : await readHolder(dir, last)
    if (holder === null && last > 0 && (await isFresh(fileOf(dir, last)))) {
      await pause(100)
      continue
    }
    if (holder !== null && !holder.released) {
      const life = await lifeOf(holder.process, self)
      if (life !== 'dead') throw inUse(run, dir, holder, life)
    }
    token = last + 1
    if (await claim(dir, token, `${JSON.stringify(mine, null, 1)}\n`)) break
  }
  for (const old of await tokensIn(dir)) if (old < token) await rm(fileOf(dir, old), { force: true })

  let released = false
  const check = async (): Promise<void> => {
    const now = (await tokensIn(dir)).at(-1)
    if (now === token && !released) return
    const holder = now === undefined || now === token ? null : await readHolder(dir, now)
    throw new GonogoError('RUN_TAKEN_OVER', 'this process no longer holds the run: nothing more is written', {
      where: run,
      seen: holder === null ? 'its lock is gone' : `taken over by pid ${holder.process.pid} on ${holder.process.host}`,
      expected: `lock ${token}, taken ${mine.since}`,
    })
  }
  const release = async (): Promise<void> => {
    if (released) return
    released = true
    const now = (await tokensIn(dir)).at(-1)
    if (now !== token) return
    const draft = join(dir, `.${randomBytes(6).toString('hex')}`)
    await writeFile(draft, `${JSON.stringify({ ...mine, released: true }, null, 1)}\n`)
    await rename(draft, fileOf(dir, token))
  }
  return { token, check, release, [Symbol.asyncDispose]: release }
}
