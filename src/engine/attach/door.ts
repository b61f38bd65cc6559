// The door at which processes join that we did not start: one TCP port, a secret token, one world of ranks at a time.
// What they are asked later is not its business; what comes through it is parsed and never run.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { hostname } from 'node:os'
import {
  type ErrorReport,
  exitCodes,
  fromJson,
  GonogoError,
  type Joined,
  joined,
  toJson,
} from '../../contract/index.ts'
import type { Transport } from '../transport.ts'
import { socketTransport } from './socket.ts'

export type Guest = {
  readonly hello: Joined
  readonly transport: Transport
  readonly local: boolean
  readonly host: string
}

export type Expected = {
  /** Ranks to wait for. */
  readonly world: number
  /** What a process that we asked to start anew must say; null for the first time. */
  readonly session: string | null
  /** Asked now and then: why it is no use to wait any longer. */
  readonly hopeless?: () => GonogoError | null
  readonly signal?: AbortSignal | undefined
}

export type Door = {
  /** `host:port/token`, all that a process needs. */
  readonly address: string
  /** Every rank of one world, in order of rank. */
  gather(expected: Expected): Promise<readonly Guest[]>
  close(): void
}

/** A hello is small, and comes at once. */
const longestHello = 8192
const helloSeconds = 20
/** Connections that have not said who they are. */
const mostStrangers = 32

type Waiting = Expected & {
  readonly arrived: Map<number, Guest>
  readonly all: (guests: readonly Guest[]) => void
}

export const openDoor = async (at: { host: string; port: number; token: string }): Promise<Door> => {
  const secret = digest(at.token)
  let waiting: Waiting | null = null
  let strangers = 0
  const meet = (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    if (strangers >= mostStrangers) {
      socket.destroy()
      return
    }
    strangers++
    hear(socket, () => strangers--).then(
      ({ line, rest }) => {
        const refusal = enter(socket, line, rest)
        if (refusal) socket.end(`${toJson({ refused: refusal })}\n`)
      },
      () => socket.destroy(),
    )
  }
  const enter = (socket: Socket, line: Buffer, rest: Buffer): ErrorReport | null => {
    const hello = helloOf(line)
    // the same answer to noise and to a wrong token: nothing is learnt by trying
    if (!hello || !timingSafeEqual(digest(hello.token), secret)) return wrongToken
    const refusal = unwanted(hello, waiting)
    if (refusal || !waiting) return refusal
    socket.write(`${toJson({ welcome: true })}\n`)
    const local = isLoopback(socket.remoteAddress)
    waiting.arrived.set(hello.rank, {
      hello,
      local,
      host: hostOf(socket),
      transport: socketTransport(socket, hello, line, rest, local),
    })
    if (waiting.arrived.size === waiting.world)
      waiting.all([...waiting.arrived.values()].toSorted((a, b) => a.hello.rank - b.hello.rank))
    return null
  }
  const server = createServer(meet)
  const port = await listening(server, at.host, at.port)
  const host = at.host === '0.0.0.0' || at.host === '::' ? hostname() : at.host
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${port}/${at.token}`,
    gather: async (expected) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Guest[]>()
      waiting = { ...expected, arrived: new Map(), all: resolve }
      const { signal } = expected
      const abort = () => reject(signal?.reason)
      signal?.addEventListener('abort', abort, { once: true })
      if (signal?.aborted) abort()
      const look = setInterval(() => {
        const reason = expected.hopeless?.()
        if (reason) reject(reason)
      }, 500)
      try {
        return await promise
      } catch (error) {
        for (const { transport } of waiting?.arrived.values() ?? []) transport.kill()
        throw error
      } finally {
        clearInterval(look)
        signal?.removeEventListener('abort', abort)
        waiting = null
      }
    },
    close: () => void server.close(),
  }
}

/** Of equal length whatever was given, as a comparison in constant time needs it. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const listening = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new GonogoError('ATTACH_PORT', 'the port for processes that join cannot be opened', {
          where: 'engine.torch.attach',
          seen: cause.message,
          expected: 'a free port, or 0 for any',
          exit: exitCodes.usage,
          cause,
        }),
      ),
    )
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })

/** The first line that a connection says, and what came with it. */
const hear = (socket: Socket, done: () => void): Promise<{ line: Buffer; rest: Buffer }> =>
  new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0)
    const end = (work: () => void) => {
      clearTimeout(timer)
      socket.off('data', listen)
      socket.off('close', gone)
      done()
      work()
    }
    const gone = () => end(() => reject(new Error('gone')))
    const listen = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk])
      const at = heard.indexOf(0x0a)
      if (at < 0 && heard.length > longestHello) return gone()
      if (at < 0) return
      socket.pause()
      end(() => resolve({ line: heard.subarray(0, at + 1), rest: heard.subarray(at + 1) }))
    }
    const timer = setTimeout(gone, helloSeconds * 1000)
    timer.unref()
    socket.on('data', listen)
    socket.on('close', gone)
  })

const helloOf = (line: Buffer): Joined | null => {
  try {
    return joined.parse(fromJson(line.toString('utf8'))).hello
  } catch {
    return null
  }
}

const hostOf = (socket: Socket): string => (socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '')

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address)

const wrongToken: ErrorReport = {
  code: 'ATTACH_TOKEN',
  message: 'this is not the process that gonogo waits for',
  seen: 'another token',
  expected: 'the GONOGO_ATTACH that this gonogo printed',
}

const unwanted = (hello: Joined, waiting: Waiting | null): ErrorReport | null => {
  if (!waiting || hello.session !== waiting.session || waiting.arrived.has(hello.rank))
    return {
      code: 'ATTACH_TAKEN',
      message: 'another process has joined this gonogo already',
      seen: `${hello.program}, rank ${hello.rank} of ${hello.world}`,
      expected: 'one process, or one for each rank',
      try: 'give each process a gonogo of its own',
    }
  if (hello.world !== waiting.world || hello.rank >= waiting.world)
    return {
      code: 'ATTACH_WORLD',
      message: 'the processes that join are not as many as the run file says',
      seen: `rank ${hello.rank} of ${hello.world}`,
      expected: `${waiting.world} process${waiting.world === 1 ? '' : 'es'}`,
      try: `start ${waiting.world}, or change world in the run file`,
    }
  return null
}
