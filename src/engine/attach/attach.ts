// An engine whose processes are not ours: they join by themselves, and start themselves anew where fresh ones are asked for.
// How they are let in is door.ts; what it is asked is the same as for a worker that we start.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { description, exitCodes, GonogoError, headersReport, weightsReport } from '../../contract/index.ts'
import type { Engine } from '../engine.ts'
import { type Caller, WorkerSubject } from '../subject.ts'
import { WorkerProcess } from '../worker.ts'
import { meetingPlace, type Rank, WorldSubject } from '../world.ts'
import { publishAddress } from './address.ts'
import { type Door, type Guest, openDoor } from './door.ts'

export const attachOptions = z.strictObject({
  /** Where to listen: this machine alone by default; 0.0.0.0 for tasks of a cluster, over a network that you trust. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free one. */
  port: z.int().min(0).max(65_535).default(0),
  /** Longest restart of the program, up to its attach(). */
  restart_seconds: z.number().positive().default(300),
})

export type AttachSettings = {
  readonly options: z.output<typeof attachOptions>
  /** Longest import of the experiment, in seconds. */
  readonly importSeconds: number
  /** Ranks of the run file. */
  readonly world: number
  /** What the worker needs to know of the engine's own options. */
  readonly engine: Readonly<Record<string, unknown>>
  /** The project: the address is left in its .gonogo/. */
  readonly home: string
  readonly say: (text: string) => void
  readonly signal?: AbortSignal | undefined
}

/** A world of processes, rank by rank; most often one. */
type Present = {
  readonly workers: readonly WorkerProcess[]
  /** Rank 0's machine. */
  readonly host: string
  /** Processes of this machine. */
  readonly pids: readonly number[]
  /** Why they cannot start themselves anew; null where they can. */
  readonly stays: string | null
  /** An experiment has been opened in them. */
  used: boolean
}

export const attached = (name: string, settings: AttachSettings): Engine => {
  const { options, world } = settings
  let door: Promise<{ door: Door; withdraw: () => void }> | null = null
  let present: Promise<Present> | null = null

  const opened = async () => {
    const made = await openDoor({ host: options.host, port: options.port, token: randomBytes(24).toString('hex') })
    return { door: made, withdraw: publishAddress(settings.home, made.address) }
  }
  const arrival = async (session: string | null, hopeless?: () => GonogoError | null): Promise<Present> => {
    door ??= opened()
    const { door: at } = await door
    if (session === null) settings.say(invitation(at.address, world))
    const guests = await at.gather({ world, session, signal: settings.signal, ...(hopeless ? { hopeless } : {}) })
    const over = (guest: Guest) => WorkerProcess.over(guest.transport, { describe: settings.importSeconds })
    const workers = await Promise.all(guests.map(over))
    const [first] = guests
    if (session === null) settings.say(`${first?.hello.program} has joined`)
    const pids = guests.flatMap(({ local, hello }) => (local ? [hello.pid] : []))
    const host = first?.host ?? '127.0.0.1'
    return { workers, host, pids, stays: guests.find(({ hello }) => hello.stays)?.hello.stays ?? null, used: false }
  }
  /** `alone`: rank 0 is to take itself for the only one; the others wait. */
  const renewed = async ({ workers, pids }: Present, meeting: string, alone: boolean): Promise<Present> => {
    const session = randomBytes(16).toString('hex')
    const since = performance.now()
    const place = (rank: number) => (alone && rank === 0 ? { rank, size: 1 } : { rank, size: world })
    const ask = (worker: WorkerProcess, rank: number) =>
      worker.call('fresh', { session, world: { ...place(rank), address: meeting } })
    await Promise.all(workers.map(ask))
    await Promise.all(workers.map(({ gone }) => gone))
    return await arrival(session, () => {
      const waited = (performance.now() - since) / 1000
      const ended = pids.some((pid) => !isAlive(pid))
      return ended || waited > options.restart_seconds ? notBack(ended, waited) : null
    })
  }
  const here = (): Promise<Present> => {
    present ??= arrival(null)
    return present
  }
  /** The processes, having opened nothing yet where that can be had. */
  const fresh = async (meeting: string, alone: boolean): Promise<Present> => {
    const now = await here()
    if ((now.used || alone) && now.stays === null) present = renewed(now, meeting, alone)
    const next = await here()
    next.used = true
    return next
  }
  const ofRank0 = async (operation: 'describe' | 'weights', args: unknown): Promise<unknown> => {
    const [worker] = (await here()).workers
    return worker?.call(operation, args)
  }
  return {
    name,
    concurrency: 'one',
    describe: async (at) => description.parse(await ofRank0('describe', at)),
    open: async (request) => {
      const meeting = await meetingOf(await here())
      const alone = world > 1 && request.world?.size === 1
      const { workers } = await fresh(meeting, alone)
      const asked = { ...request, options: settings.engine }
      const guests = (alone ? workers.slice(0, 1) : workers).map(guest)
      const [one] = guests
      if (request.world?.address || !one) return await WorldSubject.open(guests, asked, meeting)
      return await WorkerSubject.open(one, asked)
    },
    weights: async (dir) => weightsReport.parse(await ofRank0('weights', { dir })),
    headers: async (dir) => headersReport.parse(await ofRank0('weights', { dir, headers: true })),
    settle: () => {},
    [Symbol.asyncDispose]: async () => {
      const known = await present?.catch(() => null)
      const goodbye = async (worker: WorkerProcess) => {
        if (worker.failure === null) await Promise.race([worker.call('close', {}).catch(() => {}), pause(farewell)])
        await worker.close()
      }
      await Promise.all((known?.workers ?? []).map(goodbye))
      const standing = await door?.catch(() => null)
      standing?.withdraw()
      standing?.door.close()
    },
  }
}

/** Milliseconds that a process may take to hear that it is let go: on a busy machine, seconds. One that hears of nothing takes it for a loss. */
const farewell = 30_000

/** A process stays when its subject is closed: the next one starts it anew, and the end of the command lets it go. */
const guest = (worker: WorkerProcess): Rank & Caller => ({
  call: (operation, args, onItems, signal?: AbortSignal) => worker.call(operation, args, onItems, signal),
  begin: (operation, args, onItems) => worker.begin(operation, args, onItems),
  stream: (operation, args) => worker.stream(operation, args),
  close: async () => {},
  kill: () => worker.kill(),
})

/** At rank 0's machine; whether the port is free there can be asked on this one alone. */
const meetingOf = async ({ host }: Present): Promise<string> => {
  const free = await meetingPlace('0.0.0.0:0')
  return `${host}:${free.slice(free.lastIndexOf(':') + 1)}`
}

const invitation = (address: string, world: number): string =>
  world === 1
    ? `waiting for a process to join: GONOGO_ATTACH=${address} python script.py`
    : `waiting for ${world} processes to join: GONOGO_ATTACH=${address} torchrun --nproc-per-node ${world} script.py`

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref()
  })

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const notBack = (ended: boolean, seconds: number): GonogoError =>
  new GonogoError('WORKER_DIED', 'the attached process did not come back from its restart', {
    seen: ended ? 'it has ended' : `${seconds.toFixed(0)} s without a word`,
    expected: 'the same program, started again by itself, to reach gonogo.attach()',
    try: ended ? 'look at what it printed' : 'call gonogo.attach() earlier in the program, or raise restart_seconds',
    exit: exitCodes.internal,
  })
