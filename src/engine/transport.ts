// What a client needs of the way to a worker: lines there, bytes back, and an end. A child process or an accepted socket.
// It knows nothing of requests and answers.
import type { GonogoError } from '../contract/index.ts'

export type Listener = {
  /** Bytes of the worker's replies. */
  data(chunk: Buffer): void
  /** The worker is gone, or never came; called once. */
  gone(failure: GonogoError): void
}

export interface Transport {
  /** The worker's process, where it is known. */
  readonly pid: number | undefined
  /** Called once, before anything is sent. */
  listen(on: Listener): void
  /** Sends one message, without its newline; dropped where nobody reads any more. */
  send(line: string): void
  /** No more requests: the worker is to leave by itself. */
  finish(): void
  /** Ends the worker now, with all it has started where that is ours to end. */
  kill(): void
  /** What the worker printed last. */
  lastLines(): string | undefined
  /** The last call: removes what was kept for `lastLines`. */
  discard(): void
}
