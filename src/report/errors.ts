// An error as a block: code and where, the source line with its caret, seen, expected, try, the user's own trace.
// Not stack traces of ours: those are shown only for what nobody foresaw, below one line that says so.
import type { ErrorReport } from '../contract/index.ts'
import { labelled, roomOf } from './lines.ts'
import type { Look } from './look.ts'
import { printable, wrap } from './text.ts'

/** Indentation stays; control characters do not. */
const verbatim = (text: string): string[] =>
  text
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => `  ${printable(line.replaceAll('\t', '    '))}`)

/** The block of one error, and of each further one that the same pass found. */
export const errorLines = (error: ErrorReport, look: Look): string[] => {
  const where = error.where ? `  ${look.colour.accent(printable(error.where))}` : ''
  const block = [
    `${look.colour.noGo(printable(error.code))}${where}`,
    ...wrap(printable(error.message), roomOf(look) - 2).map((line) => `  ${line}`),
    ...(error.excerpt ? verbatim(error.excerpt) : []),
    ...labelled('seen', error.seen, look),
    ...labelled('expected', error.expected, look),
    ...labelled('try', error.try, look),
    ...(error.trace ? verbatim(error.trace).map((line) => look.colour.muted(line)) : []),
  ]
  return [...block, ...(error.also ?? []).flatMap((further) => ['', ...errorLines(further, look)])]
}
