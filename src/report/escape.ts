// Text of strangers as HTML or XML: a title, a path or a label must stay text wherever it is put.
// Not terminal text: text.ts makes that printable.
import { printable } from './text.ts'

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

/** Fit for text and for attribute values. Control and direction characters are shown, not obeyed. */
export const escapeHtml = (text: string): string => printable(text).replace(/[&<>"']/g, (c) => entities.get(c) ?? c)
