// The files of the built page, all in memory before the first request: no request's text is ever a path.
// Not their making: scripts/build-board.ts does that.
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { GonogoError } from '../contract/index.ts'

export type Page = { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }

const types: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
])

/** `/` → index.html, `/assets/index-1a2b.js` → that file. */
export const readPages = async (folder: string): Promise<ReadonlyMap<string, Page>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const pages = new Map<string, Page>()
  for (const entry of entries) {
    const type = types.get(extname(entry.name))
    if (!entry.isFile() || type === undefined) continue
    const path = join(entry.parentPath, entry.name)
    const page = { type, bytes: new Uint8Array(await readFile(path)) }
    const address = `/${relative(folder, path).split(sep).join('/')}`
    pages.set(address === '/index.html' ? '/' : address, page)
  }
  if (pages.has('/')) return pages
  throw new GonogoError('BOARD_NOT_BUILT', 'the page of the board is not there', {
    where: folder,
    expected: 'index.html, which a published package brings along',
    try: 'npm run build',
  })
}
