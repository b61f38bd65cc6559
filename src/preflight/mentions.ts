// Where a key of `config:` is named in the project's code, apart from its declaration.
// Not a parser: it may take a word for a use, never a use for nothing, since what it finds only excuses.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { SourceFile } from '../contract/index.ts'

export type Source = { readonly path: string; readonly text: string }

/** The project's files as loaded; those that can no longer be read are left out. */
export const sourcesOf = async (experiment: string, code: readonly SourceFile[]): Promise<Source[]> => {
  const read = await Promise.all(
    code.map(async ({ path }) => {
      const at = resolve(dirname(experiment), path)
      return readFile(at, 'utf8').then(
        (text) => ({ path, text }),
        () => null,
      )
    }),
  )
  return read.filter((source) => source !== null)
}

const escaped = (key: string): string => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const withoutComments = ({ path, text }: Source): string =>
  path.endsWith('.py')
    ? text.replace(/#.*$/gm, '')
    : text
        .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
        .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')

/**
 * Whether the code may use a key: as an attribute or an item by that name, in any file. In other languages than Python, where objects
 * are taken apart by name, any second mention counts; and so does everything in a file that cannot be a declaration alone.
 * `read`: as something that may be read. A Python dict that is written out, `{"key": value}`, gives that name a value of its own.
 */
export const isMentioned = (key: string, sources: readonly Source[], as: 'any' | 'read' = 'any'): boolean => {
  const given = as === 'read' ? '(?!\\s*:)' : ''
  const attribute = new RegExp(`\\.${escaped(key)}(?![\\w$])|(["'\`])${escaped(key)}\\1${given}`)
  const word = new RegExp(`(?<![\\w$])${escaped(key)}(?![\\w$])`, 'g')
  let words = 0
  for (const source of sources) {
    const text = withoutComments(source)
    if (attribute.test(text)) return true
    if (!source.path.endsWith('.py')) words += text.match(word)?.length ?? 0
  }
  return words > 1
}

/** `path:line` where a key is first named: its declaration, if it is named nowhere else. */
export const placeOfKey = (key: string, sources: readonly Source[]): string | null => {
  const word = new RegExp(`(?<![\\w$])${escaped(key)}(?![\\w$])`)
  for (const source of sources) {
    const line = withoutComments(source)
      .split('\n')
      .findIndex((text) => word.test(text))
    if (line >= 0) return `${source.path}:${line + 1}`
  }
  return null
}
