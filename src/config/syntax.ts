// What the YAML parser's errors mean to a person: one sentence, what was seen, what to write.
// The parser finds them; the code is always CONFIG_SYNTAX.
import { type Fault, faultAt } from './faults.ts'
import type { Source, Span } from './source.ts'

type Advice = { readonly message: string; readonly seen?: string; readonly expected: string; readonly try?: string }

const advice: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  [
    'TAB_AS_INDENT',
    {
      message: 'a tab where spaces belong',
      seen: 'a tab',
      expected: 'spaces: YAML allows no tabs at the start of a line',
      try: 'replace the tab by two spaces',
    },
  ],
  [
    'BAD_INDENT',
    {
      message: 'the indent does not fit',
      expected: 'keys of one map in the same column',
      try: 'line it up with the keys above',
    },
  ],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    {
      message: 'a key where a value stands already',
      expected: 'one `key: value` a line, or a line that ends in `key:` above an indented one',
      try: 'check the indent, or put text that contains `: ` in quotes',
    },
  ],
  [
    'MULTILINE_IMPLICIT_KEY',
    {
      message: 'a line without `key: value`',
      expected: 'a key, a colon and a space',
      try: 'add the colon, or check the indent',
    },
  ],
  [
    'MULTIPLE_DOCS',
    {
      message: 'a second document in one file',
      expected: 'one file, one run',
      try: 'remove the `---`, or put the second part in a file of its own',
    },
  ],
  [
    'BAD_SCALAR_START',
    {
      message: 'a value cannot start with this sign',
      expected: 'a plain value, or text in quotes',
      try: 'put it in quotes',
    },
  ],
  [
    'BAD_DQ_ESCAPE',
    { message: 'an unknown escape in double quotes', expected: 'JSON escapes', try: 'use single quotes' },
  ],
  ['RESOURCE_EXHAUSTION', { message: 'values are nested too deeply', expected: 'at most 64 levels' }],
  ['KEY_OVER_1024_CHARS', { message: 'a key is longer than 1024 characters', expected: 'a short key' }],
])

const unclosed: Advice = {
  message: 'a quote is opened and not closed',
  expected: 'the same quote at the end of the text',
  try: 'close the quote',
}

/** Up to the end of the word, and of the line. */
const wordAt = (source: Source, from: number, to: number): Span => {
  // the parser may point past the end or at the line break: the last sign before it is what a person sees
  let start = Math.min(from, Math.max(0, source.text.length - 1))
  while (start > 0 && /[\r\n]/.test(source.text[start] ?? '\n') && /[^\r\n]/.test(source.text[start - 1] ?? '')) start--
  // an indent is shown by the word that stands on it
  const indent = /^ +(?=[^\s])/.exec(source.text.slice(start, start + 200))?.[0] ?? ''
  start += indent.length
  const word = /^[^\s,:\]}]+/.exec(source.text.slice(start, start + 200))?.[0] ?? ''
  return { source, start, end: Math.max(start + word.length, start + 1, Math.min(to, start + 1)) }
}

export const syntaxFault = (source: Source, code: string, pos: readonly [number, number], said: string): Fault => {
  const span = wordAt(source, pos[0], pos[1])
  const known = code === 'MISSING_CHAR' && said.includes('quote') ? unclosed : advice.get(code)
  const text = source.text.slice(span.start, span.end).trim()
  const seen = known?.seen ?? (text === '' ? 'the end of the line' : text)
  if (known !== undefined)
    return faultAt(span, 'CONFIG_SYNTAX', known.message, { seen, expected: known.expected, try: known.try })
  const sentence = said.charAt(0).toLowerCase() + said.slice(1)
  return faultAt(span, 'CONFIG_SYNTAX', sentence, { seen, expected: 'YAML 1.2' })
}
