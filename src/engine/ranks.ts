// Several processes of one world: where they meet, what their environment says, and whose failure ended them.
// It talks to none of them (world.ts).
import { createServer } from 'node:net'
import { exitCodes, GonogoError } from '../contract/index.ts'

/** What torchrun sets, so that a project's own init_process_group() works as under it. */
export const rankEnvironment = (rank: number, size: number, address: string): Record<string, string> => {
  const at = address.lastIndexOf(':')
  return {
    RANK: `${rank}`,
    LOCAL_RANK: `${rank}`,
    WORLD_SIZE: `${size}`,
    LOCAL_WORLD_SIZE: `${size}`,
    GROUP_RANK: '0',
    MASTER_ADDR: address.slice(0, at),
    MASTER_PORT: address.slice(at + 1),
  }
}

/** Below the range from which systems take ports for connections: rank 0 opens it seconds later. */
const ports = { from: 15_000, to: 32_000 }

/** `host:port`; a port of 0 becomes one that is free now. */
export const meetingPlace = async (address: string): Promise<string> => {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at)
  if (address.slice(at + 1) !== '0') return address
  for (let tries = 0; tries < 50; tries++) {
    const port = ports.from + Math.floor(Math.random() * (ports.to - ports.from))
    if (await isFree(host, port)) return `${host}:${port}`
  }
  throw new GonogoError('WORLD_NO_PORT', 'no free port was found for the ranks to meet at', {
    seen: `50 ports of ${host} in use`,
    expected: `a free one between ${ports.from} and ${ports.to}`,
  })
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })

/** In the order in which they came. */
export type Failure = { readonly rank: number; readonly error: GonogoError }

const deaths: ReadonlySet<string> = new Set([
  'WORKER_DIED',
  'WORKER_HUNG',
  'WORKER_PROTOCOL',
  'WORKER_MESSAGE_TOO_LARGE',
])

/** What the libraries say where the other end is gone: an effect, never the cause. */
const bereft =
  /gloo|nccl|connection (closed|reset|refused)|broken pipe|distbackenderror|distnetworkerror|tcpstore|socket/i

/**
 * The failure that ended the world, in the words of the rank that failed first; null where every rank has answered with an
 * error of its own, and all of them live on.
 */
export const worldEnded = (failures: readonly Failure[], everywhere: boolean): GonogoError | null => {
  const died = failures.find(({ error }) => deaths.has(error.code))
  const own = failures.filter(({ error }) => !bereft.test(error.message))
  if (died === undefined && everywhere && own.length === failures.length) return null
  const cause = died ?? own[0] ?? failures[0]
  if (!cause) return null
  const { rank, error } = cause
  const { where, excerpt, seen, expected, trace } = error
  if (died)
    return new GonogoError('RANK_DIED', `rank ${rank}: ${error.message}; the other ranks were ended`, {
      where,
      seen,
      expected,
      try: 'look at the last lines of its log, then: gonogo resume the run',
      trace,
      exit: exitCodes.internal,
      cause: error,
    })
  return new GonogoError('RANK_FAILED', `rank ${rank}: ${error.message}`, {
    where,
    excerpt,
    seen: seen ?? 'an error on one rank, for which the others would wait for ever',
    expected,
    try: error.try,
    trace,
    exit: error.exit,
    cause: error,
  })
}
