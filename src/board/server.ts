// The board on a port of this machine, and of no other: it listens on the loopback address alone.
// Not what is answered: app.ts says that.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { exitCodes, GonogoError } from '../contract/index.ts'
import { boardApp } from './app.ts'
import { openLive } from './live.ts'
import { readPages } from './pages.ts'
import { openProject } from './project.ts'

export type Board = AsyncDisposable & { readonly url: string; readonly port: number }

export type BoardOptions = {
  /** The folder that holds runs/. */
  readonly root: string
  /** 0: any free one. */
  readonly port: number
  /** Folder of the built page. */
  readonly pages: string
  /** Milliseconds between two looks at the runs while somebody watches. */
  readonly every?: number
}

const host = '127.0.0.1'

const refused = (error: unknown, port: number): GonogoError => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return new GonogoError('BOARD_PORT_TAKEN', 'something else listens on this port', {
      where: `${host}:${port}`,
      expected: 'a free port',
      try: 'gonogo board --port 0, which takes any free one',
    })
  if (code === 'EACCES')
    return new GonogoError('BOARD_PORT_REFUSED', 'the system keeps this port for itself', {
      where: `${host}:${port}`,
      expected: 'a port from 1024 on, or 0 for any free one',
      try: 'gonogo board --port 0',
    })
  return new GonogoError('BOARD_PORT', 'the board cannot listen', {
    where: `${host}:${port}`,
    seen: error instanceof Error ? error.message : String(error),
    exit: exitCodes.internal,
    cause: error,
  })
}

/**
 * Serves the runs under `root` until it is disposed of.
 *
 * @example await using board = await openBoard({ root: '.', port: 0, pages: 'dist/board/client' })
 */
export const openBoard = async ({ root, port, pages: folder, every = 1000 }: BoardOptions): Promise<Board> => {
  const pages = await readPages(folder)
  const project = openProject(root)
  const live = openLive(project, every)
  let ours: ReadonlySet<string> = new Set()
  const app = boardApp({ project, live, pages, isOurs: (name) => ours.has(name.toLowerCase()) })
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    throw refused(error, port)
  }
  const bound = (server.address() as AddressInfo).port
  ours = new Set([`${host}:${bound}`, `localhost:${bound}`])
  return {
    url: `http://${host}:${bound}/`,
    port: bound,
    async [Symbol.asyncDispose]() {
      live.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
