// A worker that we start: a child process in a group of its own, requests on descriptor 3, replies on 4, prints into a log.
// It knows nothing of the protocol.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { exitCodes, GonogoError } from '../contract/index.ts'
import type { Listener, Transport } from './transport.ts'

export type Command = {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Where the user's prints go; appended. Null: a temporary file that dies with the worker. */
  readonly log?: string | null
}

export const spawned = (launch: Command): Transport => {
  const ownLog = launch.log ? null : mkdtempSync(join(tmpdir(), 'gonogo-log-'))
  const path = launch.log ?? join(ownLog ?? '', 'log.txt')
  const log = openSync(path, 'a')
  const child = spawn(launch.command, launch.args, {
    // its own process group: Ctrl-C reaches us alone, and one kill takes its children too
    detached: process.platform !== 'win32',
    stdio: ['ignore', log, log, 'pipe', 'pipe'],
    env: { ...process.env, ...launch.env },
    windowsHide: true,
    ...(launch.cwd ? { cwd: launch.cwd } : {}),
  })
  closeSync(log)
  const requests = child.stdio[3] as Writable | null | undefined
  const lastLines = () => tail(path)
  return {
    pid: child.pid,
    listen: (on) => listen(child, launch.command, lastLines, on),
    send: (line) => {
      if (requests && !requests.destroyed) requests.write(`${line}\n`)
    },
    finish: () => void requests?.destroy(),
    kill: () => kill(child),
    lastLines,
    discard: () => {
      if (ownLog) rmSync(ownLog, { recursive: true, force: true })
    },
  }
}

const listen = (child: ChildProcess, command: string, lastLines: () => string | undefined, on: Listener): void => {
  child.once('error', (cause) => on.gone(notStarted(command, cause)))
  // 'exit', not the end of a pipe: a grandchild may hold the pipe open
  child.once('exit', (code, signal) => {
    // what it wrote just before its death is still in the pipe
    setImmediate(() => on.gone(died(code, signal, lastLines())))
  })
  const replies = child.stdio[4] as Readable | null | undefined
  replies?.on('data', on.data)
  replies?.on('error', () => {})
  child.stdio[3]?.on('error', () => {})
}

const kill = (child: ChildProcess): void => {
  if (child.pid === undefined) return
  if (process.platform === 'win32') child.kill('SIGKILL')
  else killGroup(child.pid)
}

/** Ends a process and the children that it has started; POSIX only. */
export const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // already gone
  }
}

const notStarted = (command: string, cause: Error): GonogoError =>
  new GonogoError('WORKER_NOT_STARTED', 'the process of the experiment could not be started', {
    where: command,
    seen: cause.message,
    exit: exitCodes.internal,
    cause,
  })

export const died = (code: number | null, signal: string | null, trace: string | undefined): GonogoError =>
  new GonogoError('WORKER_DIED', "the experiment's process ended unexpectedly", {
    seen: endOf(code, signal),
    expected: 'an answer',
    try: 'look at the last lines of its log, then: gonogo resume the run',
    trace,
    exit: exitCodes.internal,
  })

const endOf = (code: number | null, signal: string | null): string => {
  if (signal) return `signal ${signal}${signal === 'SIGKILL' ? ' (killed: out of memory?)' : ''}`
  return code === null ? 'the end of its connection' : `exit code ${code}`
}

/** The end of a log; the whole of it may be gigabytes. */
export const tail = (path: string): string | undefined => {
  let file: number | null = null
  try {
    file = openSync(path, 'r')
    const { size } = fstatSync(file)
    const end = Buffer.alloc(Math.min(size, 16 * 1024))
    readSync(file, end, 0, end.length, size - end.length)
    return end.toString('utf8').trimEnd().split('\n').slice(-12).join('\n') || undefined
  } catch {
    return undefined
  } finally {
    if (file !== null) closeSync(file)
  }
}
