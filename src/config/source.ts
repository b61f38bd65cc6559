// A file of text as it was read, and places in it: file, line, column, and the line with a caret under the token.
// It knows no YAML.
import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { isAbsolute, relative } from 'node:path'
import { LineCounter } from 'yaml'
import { GonogoError } from '../contract/errors.ts'

/** A run file is written by hand; a larger one is another file by mistake. */
export const sizeLimit = 1024 * 1024

export type Source = {
  /** Absolute path. */
  readonly file: string
  /** The path as people see it: relative to the current folder where it lies below. */
  readonly shown: string
  readonly text: string
  readonly lines: LineCounter
}

/** A token: offsets into the text of its source, in UTF-16 units. */
export type Span = { readonly source: Source; readonly start: number; readonly end: number }

/** What a person types to name this file from here. */
export const shownPath = (file: string): string => {
  const path = relative(process.cwd(), file)
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path
}

export const sourceOf = (file: string, text: string): Source => {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  return { file, shown: shownPath(file), text, lines }
}

const readAtMost = async (handle: FileHandle, limit: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafe(limit)
  let filled = 0
  while (filled < limit) {
    const { bytesRead } = await handle.read(bytes, filled, limit - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

/** Reads a text file of at most 1 MB. The file system's own error passes through when it cannot be opened. */
export const readSource = async (file: string): Promise<Source> => {
  const shown = shownPath(file)
  await using handle = await open(file)
  const facts = await handle.stat()
  if (!facts.isFile()) {
    const seen = facts.isDirectory() ? 'a folder' : 'no regular file'
    throw new GonogoError('CONFIG_MISSING', 'this is no run file', { where: shown, seen, expected: 'a YAML file' })
  }
  const bytes = await readAtMost(handle, sizeLimit + 1)
  if (bytes.length > sizeLimit) {
    throw new GonogoError('CONFIG_SIZE', 'the file is too large for a run file', {
      where: shown,
      seen: `${facts.size} bytes`,
      expected: `at most ${sizeLimit} bytes`,
      try: `head -c 300 ${shown}`,
    })
  }
  if (!isUtf8(bytes)) {
    throw new GonogoError('CONFIG_SYNTAX', 'the file is not text in UTF-8', {
      where: shown,
      seen: 'bytes that are not UTF-8',
      expected: 'UTF-8 text',
      try: `iconv -f latin1 -t utf-8 ${shown}`,
    })
  }
  // some editors begin a file with a mark of its byte order
  return sourceOf(file, bytes.toString('utf8').replace(/^\uFEFF/, ''))
}

/** `file:line:column`, both from 1; `file` as it is shown unless given. */
export const placeOf = (span: Span, file = span.source.shown): string => {
  const { line, col } = span.source.lines.linePos(span.start)
  return `${file}:${line}:${col}`
}

/** Widest piece of a line that is shown; longer ones are cut around the token. */
const widest = 100

// a run file from elsewhere must not be able to steer the terminal it is shown in
const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => (c === '\t' ? c : '\u00b7'))

/** The line of the token and a line of carets under it, with line number and gutter: two lines, ready to print. */
export const excerptOf = (span: Span): string => {
  const { line } = span.source.lines.linePos(span.start)
  const from = span.source.lines.lineStarts[line - 1] ?? 0
  const next = span.source.text.indexOf('\n', from)
  const end = next === -1 ? span.source.text.length : next
  // a line may be a megabyte: only a window of it is shown
  const first = end - from > widest && span.start - from > widest / 2 ? span.start - widest / 4 : from
  const last = Math.min(end, first + widest)
  const piece = span.source.text.slice(first, last).replace(/\r$/, '')
  const head = first > from ? '…' : ''
  const tail = last < end ? '…' : ''
  const at = span.start - first
  // tabs stay tabs, so that the caret stands under its token whatever their width
  const lead = (head + printable(piece.slice(0, at))).replaceAll(/[^\t]/gu, ' ')
  const length = Math.max(1, Math.min(span.end - span.start, piece.length - at))
  const number = String(line)
  return `${number} | ${head}${printable(piece)}${tail}\n${' '.repeat(number.length)} | ${lead}${'^'.repeat(length)}`
}
