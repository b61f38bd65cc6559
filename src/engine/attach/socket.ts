// A worker at the other end of a TCP connection: a process that joined by itself. The end of the connection is its death.
// It was not started by us and is not ours to kill: hung up on, it ends by itself, or goes back to its notebook.
import type { Socket } from 'node:net'
import { exitCodes, GonogoError, type Joined } from '../../contract/index.ts'
import type { Transport } from '../transport.ts'

/** `hello` has been read from it, as `line`, and what came after it is `rest`. */
export const socketTransport = (
  socket: Socket,
  hello: Joined,
  line: Buffer,
  rest: Buffer,
  local: boolean,
): Transport => {
  socket.setNoDelay(true)
  // a machine that vanished says nothing: the silence of its heartbeat tells, and this frees the connection
  socket.setKeepAlive(true, 30_000)
  return {
    pid: local ? hello.pid : undefined,
    listen: (on) => {
      socket.once('close', () => on.gone(gone(hello)))
      on.data(line)
      if (rest.length > 0) on.data(rest)
      socket.on('data', on.data)
      if (socket.destroyed) on.gone(gone(hello))
      socket.resume()
    },
    send: (text) => {
      if (socket.writable) socket.write(`${text}\n`)
    },
    finish: () => void socket.end(),
    kill: () => void socket.destroy(),
    lastLines: () => undefined,
    discard: () => {},
  }
}

const gone = ({ program, rank, world }: Joined): GonogoError =>
  new GonogoError('WORKER_DIED', 'the attached process ended unexpectedly', {
    where: world > 1 ? `${program}, rank ${rank} of ${world}` : program,
    seen: 'the end of its connection',
    expected: 'an answer',
    try: 'look at what it printed; then gonogo resume the run, and start it again',
    exit: exitCodes.internal,
  })
