// The one layout that blocks share: a short label, then text that wraps under itself.
// Not tables.
import { type Look, typed } from './look.ts'
import { padEnd, printable, wrap } from './text.ts'

/** Text longer than this is hard to read, however wide the terminal is. */
const readable = 100

export const roomOf = (look: Look): number => Math.min(look.columns, readable)

/** `  seen      16 images: loss 2.38 …`; an empty or missing text gives no line. */
export const labelled = (label: string, text: string | null | undefined, look: Look, indent = 2): string[] => {
  if (text === null || text === undefined || text === '') return []
  const start = indent + 10
  const [first = '', ...rest] = wrap(typed(printable(text), look), roomOf(look) - start)
  return [
    `${' '.repeat(indent)}${look.colour.muted(padEnd(label, 10))}${first}`,
    ...rest.map((line) => ' '.repeat(start) + line),
  ]
}

/** A word, two spaces, then text that wraps under the text. `paint` colours the word alone. */
export const worded = (word: string, text: string, look: Look, paint: (word: string) => string): string[] => {
  const start = word.length + 2
  const [first = '', ...rest] = wrap(printable(text), roomOf(look) - start)
  return [`${paint(word)}  ${first}`, ...rest.map((line) => ' '.repeat(start) + line)]
}

/** Commands worth typing, one a line: `next  gonogo show …`. Never wrapped, so that they can be copied. */
export const nextLines = (commands: readonly string[], look: Look): string[] =>
  commands.map((command, i) => `${look.colour.muted(i === 0 ? 'next  ' : '      ')}${typed(printable(command), look)}`)

/** A path or value as one shell word. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
