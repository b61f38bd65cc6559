// The two streams: results on standard output, progress on standard error, and one line there that moves on a TTY.
// Not what is said: report/ makes the text, this puts it where it belongs and leaves no debris.
import { colours, type Look, plain } from '../report/look.ts'
import { cut, width } from '../report/text.ts'
import { typedCommand } from './command-name.ts'

type Stream = NodeJS.WriteStream

const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'
const sequences = new RegExp(`${'\x1b'}\\[[0-9;]*m`, 'g')

const moves = (stream: Stream) => stream.isTTY === true && process.env.TERM !== 'dumb'

/** NO_COLOR wins over FORCE_COLOR; without either, colour is for terminals. */
const hasColour = (stream: Stream): boolean => {
  const { NO_COLOR, FORCE_COLOR } = process.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0'
  return moves(stream)
}

const columnsOf = (stream: Stream): number => {
  if (stream.isTTY) return stream.columns || 80
  const declared = Number(process.env.COLUMNS)
  return Number.isInteger(declared) && declared > 0 ? declared : plain.columns
}

const lookOf = (stream: Stream): Look => ({
  columns: columnsOf(stream),
  colour: colours(hasColour(stream)),
  command: typedCommand(),
})

export type Terminal = {
  readonly json: boolean
  /** How results are to look now; a terminal can change its width. */
  look(): Look
  progressLook(): Look
  /** Lines of the result. With --json they are not printed: the document says it all. */
  result(lines: readonly string[]): void
  /** Lines of progress; they stay. */
  progress(lines: readonly string[]): void
  /** The line that moves; null takes it away. Does nothing where standard error is no terminal. */
  moving(line: string | null): void
  readonly canMove: boolean
  /** The one JSON document. Only with --json. */
  document(text: string): void
  /** Clears the moving line and gives the cursor back. Safe to call twice and while the process ends. */
  close(): void
}

export const openTerminal = (json: boolean): Terminal => {
  const { stdout, stderr } = process
  const canMove = moves(stderr)
  let shown = ''
  let hidden = false

  const erase = () => {
    if (shown === '') return
    // A terminal that became narrower has wrapped the line: every row of it is cleared, from the last one up.
    // Not "clear to the end of the screen": at its top, some terminals then put the line into their history.
    const above = Math.max(0, Math.ceil(width(shown.replace(sequences, '')) / columnsOf(stderr)) - 1)
    stderr.write(`${'\x1b[2K\x1b[A'.repeat(above)}\r\x1b[2K`)
    shown = ''
  }
  const print = (stream: Stream, lines: readonly string[]) => {
    if (lines.length === 0) return
    erase()
    // Takes away the ^C that a terminal may have echoed here.
    if (canMove && stream === stderr) stderr.write('\r\x1b[2K')
    stream.write(`${lines.join('\n')}\n`)
  }
  const close = () => {
    erase()
    if (hidden) stderr.write(showCursor)
    hidden = false
    process.off('exit', close)
  }
  process.on('exit', close)

  return {
    json,
    look: () => lookOf(stdout),
    progressLook: () => lookOf(stderr),
    result: (lines) => (json ? undefined : print(stdout, lines)),
    progress: (lines) => print(stderr, lines),
    moving: (line) => {
      if (!canMove || line === shown) return
      if (line === null) return erase()
      if (!hidden) stderr.write(hideCursor)
      hidden = true
      erase()
      // A line of plain text that is too long is cut; a painted one was made to fit.
      shown = line.includes('\x1b') ? line : cut(line, columnsOf(stderr) - 1)
      stderr.write(shown)
    },
    canMove,
    document: (text) => {
      erase()
      if (json) stdout.write(text)
    },
    close,
  }
}
