// A process that has imported what is slow to import, and from which workers are forked: one import serves many.
// What it imports is python/gonogo/nursery.py's; where it cannot be forked, its owner starts workers in the plain way.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'
import { lineSplitter } from './lines.ts'
import { type Command, died, killGroup, tail } from './spawned.ts'
import type { Listener, Transport } from './transport.ts'

const message = z.union([
  z.object({ ready: z.string().nullable() }),
  z.object({ forked: z.int(), pid: z.int() }),
  z.object({ exited: z.int(), code: z.int().nullable(), signal: z.string().nullable() }),
])

/** How a process ended. */
type Exit = { readonly code: number | null; readonly signal: string | null }

export interface Nursery {
  /**
   * A new worker; null where this process cannot be forked, or is gone. It is born with all modules, or, `early`, with those
   * that every worker needs: the one that finds out which modules there are.
   */
  fork(how: Pick<Command, 'cwd' | 'env' | 'log'>, early?: 'early'): Promise<Transport | null>
  /** No more forks; those that live go on. */
  close(): void
}

/** Longest path of a Unix socket, with room to spare. */
const longestPath = 100
/** Milliseconds for the last words of a worker that has ended. */
const lastWords = 250
/** Milliseconds for a fork to connect. */
const birth = 20_000

/** Starts importing; `modules` come to be known meanwhile: null where only what every worker needs may be imported. */
export const openNursery = (launch: Command, modules: Promise<readonly string[] | null>): Nursery => {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-n-'))
  const log = openSync(join(folder, 'log.txt'), 'a')
  const child = spawn(launch.command, [...launch.args, folder], {
    detached: true,
    stdio: ['ignore', log, log, 'pipe', 'pipe'],
    env: { ...process.env, ...launch.env },
    ...(launch.cwd ? { cwd: launch.cwd } : {}),
  })
  closeSync(log)
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const requests = child.stdio[3] as Writable | null | undefined
  const born = new Map<number, PromiseWithResolvers<number | null>>()
  const ends = new Map<number, PromiseWithResolvers<Exit>>()
  const early = Promise.withResolvers<boolean>()
  const ready = Promise.withResolvers<boolean>()
  let greeted = false
  let count = 0
  let open = true
  const ended = (pid: number) => {
    const known = ends.get(pid) ?? Promise.withResolvers<Exit>()
    ends.set(pid, known)
    return known
  }
  const send = (what: unknown) => {
    if (requests && !requests.destroyed) requests.write(`${JSON.stringify(what)}\n`)
  }
  hear(child, {
    line: (said) => {
      if ('ready' in said) {
        const stage = greeted ? ready : early
        stage.resolve(said.ready === null)
        greeted = true
      } else if ('forked' in said) born.get(said.forked)?.resolve(said.pid)
      else ended(said.exited).resolve(said)
    },
    gone: () => {
      open = false
      process.off('exit', remove)
      early.resolve(false)
      ready.resolve(false)
      for (const waiting of born.values()) waiting.resolve(null)
      remove()
    },
  })
  modules.then(
    (names) => send({ load: names }),
    () => send({ load: null }),
  )
  const fork: Nursery['fork'] = async ({ cwd, env, log: given }, when) => {
    const number = ++count
    const path = join(folder, String(number))
    if (path.length > longestPath || !(await (when ? early : ready).promise) || !open) return null
    const printed = given ?? `${path}.log`
    const waiting = Promise.withResolvers<number | null>()
    born.set(number, waiting)
    const caller = await answered(path, () => {
      send({ fork: number, socket: path, log: printed, cwd: cwd ?? process.cwd(), env: env ?? {} })
      return waiting.promise
    })
    born.delete(number)
    if (caller === null) return null
    return forked(caller.socket, caller.pid, printed, ended(caller.pid).promise)
  }
  return {
    fork,
    close: () => {
      open = false
      requests?.destroy()
      child.unref()
    },
  }
}

const hear = (child: ChildProcess, on: { line: (said: z.infer<typeof message>) => void; gone: () => void }): void => {
  const split = lineSplitter(65_536, (line) => on.line(message.parse(JSON.parse(line))))
  const replies = child.stdio[4] as Readable | null | undefined
  replies?.on('data', (chunk: Buffer) => {
    try {
      split(chunk)
    } catch {
      child.kill('SIGKILL')
    }
  })
  replies?.on('error', () => {})
  child.stdio[3]?.on('error', () => {})
  child.once('error', on.gone)
  child.once('exit', on.gone)
}

/** The connection of the process that `ask` brings into the world; null where none comes. */
const answered = async (
  path: string,
  ask: () => Promise<number | null>,
): Promise<{ socket: Socket; pid: number } | null> => {
  const server = createServer({ pauseOnConnect: true })
  const connection = Promise.withResolvers<Socket | null>()
  server.once('connection', connection.resolve)
  server.once('error', () => connection.resolve(null))
  await new Promise<void>((listening) => {
    server.once('error', () => listening())
    server.listen(path, listening)
  })
  const pid = await ask()
  const late = setTimeout(() => connection.resolve(null), pid === null ? 0 : birth)
  const socket = await connection.promise
  clearTimeout(late)
  server.close()
  if (pid === null || socket === null) {
    socket?.destroy()
    if (pid !== null) killGroup(pid)
    return null
  }
  return { socket, pid }
}

const forked = (socket: Socket, pid: number, log: string, exit: Promise<Exit>): Transport => {
  const lastLines = () => tail(log)
  return {
    pid,
    listen: (on: Listener) => {
      const gone = ({ code, signal }: Exit) => on.gone(died(code, signal, lastLines()))
      const silent = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
      // both are waited for: the connection brings its last words, the nursery how it ended. Either may be missing:
      // a child that it left behind may hold the one, and the other ends with the nursery
      void exit.then(() => Promise.race([silent, pause(lastWords)])).then(() => socket.destroy())
      void silent.then(() => Promise.race([exit, pause(lastWords).then(() => unknown)])).then(gone)
      socket.on('error', () => {})
      socket.on('data', on.data)
      socket.resume()
    },
    send: (line) => {
      if (socket.writable) socket.write(`${line}\n`)
    },
    finish: () => void socket.end(),
    kill: () => killGroup(pid),
    lastLines,
    discard: () => {},
  }
}

const unknown: Exit = { code: null, signal: null }

const pause = (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds))
