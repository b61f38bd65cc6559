// Splits a byte stream into lines and refuses one that is too long. Knows nothing of what a line means.
import { GonogoError } from '../contract/errors.ts'

const newline = 0x0a

/** A function to feed chunks to; calls `onLine` for each whole line, without its newline. */
export const lineSplitter = (maxBytes: number, onLine: (line: string) => void): ((chunk: Buffer) => void) => {
  let pending: Buffer[] = []
  let size = 0
  return (chunk) => {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      const line = Buffer.concat([...pending, chunk.subarray(from, at)]).toString('utf8')
      pending = []
      size = 0
      from = at + 1
      if (line.length > 0) onLine(line)
    }
    const rest = chunk.subarray(from)
    if (rest.length === 0) return
    size += rest.length
    if (size > maxBytes)
      throw new GonogoError('WORKER_MESSAGE_TOO_LARGE', 'a worker sent a message without end', {
        seen: `${size} bytes without a newline`,
        expected: `at most ${maxBytes} bytes a message`,
      })
    pending.push(rest)
  }
}
