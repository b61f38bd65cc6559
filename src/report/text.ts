// Text of strangers made safe to print, its width in terminal cells, and wrapping.
// Not layout: what stands where is decided by the file that prints it.

const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** Joins emoji; harmless. */
const joiner = '\u200d'

/**
 * One line, without control characters: names and messages come from files that others wrote, and an escape sequence in
 * one must not move the cursor or recolour a verdict. White space becomes a space, the rest is shown as `\x1b`.
 */
export const printable = (text: string): string =>
  text.replace(/[\t\n\r\v\f]+/g, ' ').replace(hidden, (c) => {
    if (c === joiner) return c
    const code = c.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u
const ascii = /^[\x20-\x7e]*$/

/** Cells that `text` (without colours) takes in a terminal. */
export const width = (text: string): number => {
  if (ascii.test(text)) return text.length
  let cells = 0
  for (const { segment } of graphemes.segment(text)) cells += wide.test(segment) ? 2 : 1
  return cells
}

export const padEnd = (text: string, cells: number): string => text + ' '.repeat(Math.max(0, cells - width(text)))
export const padStart = (text: string, cells: number): string => ' '.repeat(Math.max(0, cells - width(text))) + text

/** Cuts to `cells`, the last one an ellipsis where something is missing. */
export const cut = (text: string, cells: number): string => {
  if (width(text) <= cells) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const more = wide.test(segment) ? 2 : 1
    if (used + more > cells - 1) break
    kept += segment
    used += more
  }
  return `${kept}…`
}

const split = (word: string, cells: number): string[] => {
  const parts = ['']
  let used = 0
  for (const { segment } of graphemes.segment(word)) {
    const more = wide.test(segment) ? 2 : 1
    if (used + more > cells && parts.at(-1) !== '') {
      parts.push('')
      used = 0
    }
    parts[parts.length - 1] += segment
    used += more
  }
  return parts
}

/** Breaks at spaces; a word longer than a line is broken where it must be. Runs of spaces inside a line are kept. */
export const wrap = (text: string, cells: number): string[] => {
  const room = Math.max(8, cells)
  const lines: string[] = []
  let line = ''
  for (const piece of text.match(/ *[^ ]+/g) ?? ['']) {
    if (width(line) + width(piece) <= room) {
      line += piece
      continue
    }
    if (line !== '') lines.push(line)
    const parts = split(piece.trimStart(), room)
    line = parts.pop() ?? ''
    lines.push(...parts)
  }
  return [...lines, line]
}
