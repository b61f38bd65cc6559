// An engine whose one process is not ours: it joins by itself, and starts itself anew where a fresh one is asked for.
// How it is let in is door.ts; what it is asked is the same as for a worker that we start.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { description, exitCodes, GonogoError, weightsReport } from '../../contract/index.ts'
import type { Engine } from '../engine.ts'
import { WorkerSubject } from '../subject.ts'
import { WorkerProcess } from '../worker.ts'
import { publishAddress } from './address.ts'
import { type Door, openDoor } from './door.ts'

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
  /** What the worker needs to know of the engine's own options. */
  readonly engine: Readonly<Record<string, unknown>>
  /** The project: the address is left in its .gonogo/. */
  readonly home: string
  readonly say: (text: string) => void
  readonly signal?: AbortSignal | undefined
}

type Present = {
  readonly worker: WorkerProcess
  /** It runs on this machine. */
  readonly local: boolean
  /** Why it cannot start itself anew; null where it can. */
  readonly stays: string | null
  /** An experiment has been opened in it. */
  used: boolean
}

export const attached = (name: string, settings: AttachSettings): Engine => {
  const { options } = settings
  let door: Promise<{ door: Door; withdraw: () => void }> | null = null
  let present: Promise<Present> | null = null

  const opened = async () => {
    const made = await openDoor({ host: options.host, port: options.port, token: randomBytes(24).toString('hex') })
    return { door: made, withdraw: publishAddress(settings.home, made.address) }
  }
  const arrival = async (session: string | null, hopeless?: () => GonogoError | null): Promise<Present> => {
    door ??= opened()
    const { door: at } = await door
    if (session === null) settings.say(`waiting for a process to join: GONOGO_ATTACH=${at.address} python script.py`)
    const [guest] = await at.gather({ world: 1, session, signal: settings.signal, ...(hopeless ? { hopeless } : {}) })
    if (!guest) throw new Error('a world of none')
    const worker = await WorkerProcess.over(guest.transport, { describe: settings.importSeconds })
    if (session === null) settings.say(`${guest.hello.program} has joined`)
    return { worker, local: guest.local, stays: guest.hello.stays, used: false }
  }
  const renewed = async ({ worker, local }: Present): Promise<Present> => {
    const session = randomBytes(16).toString('hex')
    const since = performance.now()
    await worker.call('fresh', { session })
    await worker.gone
    const { pid } = worker
    return await arrival(session, () => {
      const waited = (performance.now() - since) / 1000
      const ended = local && pid !== undefined && !isAlive(pid)
      return ended || waited > options.restart_seconds ? notBack(ended, waited) : null
    })
  }
  const here = (): Promise<Present> => {
    present ??= arrival(null)
    return present
  }
  /** The process, having opened nothing yet where that can be had. */
  const fresh = async (): Promise<Present> => {
    const now = await here()
    if (now.used && now.stays === null) present = renewed(now)
    const next = await here()
    next.used = true
    return next
  }
  return {
    name,
    concurrency: 'one',
    describe: async (at) => description.parse(await (await here()).worker.call('describe', at)),
    open: async (request) => {
      const { worker } = await fresh()
      return await WorkerSubject.open(
        {
          call: (operation, args, onItems, signal) => worker.call(operation, args, onItems, signal),
          stream: (operation, args) => worker.stream(operation, args),
          // the process stays: the next subject starts it anew, and the end of the command lets it go
          close: async () => {},
        },
        { ...request, options: settings.engine },
      )
    },
    weights: async (dir) => weightsReport.parse(await (await here()).worker.call('weights', { dir })),
    [Symbol.asyncDispose]: async () => {
      const known = await present?.catch(() => null)
      if (known?.worker.failure === null) {
        await Promise.race([known.worker.call('close', {}).catch(() => {}), pause(5000)])
        await known.worker.close()
      }
      const standing = await door?.catch(() => null)
      standing?.withdraw()
      standing?.door.close()
    },
  }
}

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
