// Ctrl-C: the first asks the run to checkpoint and end, the second ends at once.
// Not what ending means: the signal is handed down, the loop obeys it.
import { exitCodes } from '../contract/errors.ts'

/** A terminal's Ctrl-C can reach us twice, from the terminal and through npm: signals this close are one. */
const sameSignalMs = 400

export type Interruption = {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  [Symbol.dispose](): void
}

/** `atOnce` runs in the second signal, just before the process ends: it must not wait for anything. */
export const interruptible = (on: { first: () => void; atOnce: () => void }): Interruption => {
  const controller = new AbortController()
  let first = Number.NEGATIVE_INFINITY
  const handle = () => {
    if (!controller.signal.aborted) {
      first = performance.now()
      on.first()
      controller.abort()
      return
    }
    if (performance.now() - first < sameSignalMs) return
    on.atOnce()
    process.exit(exitCodes.interrupted)
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, handle)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, handle)
    },
  }
}
