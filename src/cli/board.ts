// `gonogo board`: the runs of a project in a browser, live, until Ctrl-C.
// Not the server, and it opens no browser by itself: board/ serves, the address is printed.
import { resolve } from 'node:path'
import { openBoard } from '../board/index.ts'
import { type ExitCode, exitCodes, GonogoError } from '../contract/index.ts'
import { runNames } from '../record/index.ts'
import { documentText, plural } from '../report/index.ts'
import { projectRoot } from '../surroundings.ts'
import { shownPath } from './paths.ts'
import { interruptible } from './signals.ts'
import type { Terminal } from './terminal.ts'

export const defaultPort = 4466

const portOf = (text: string | undefined): number => {
  if (text === undefined) return defaultPort
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new GonogoError('USAGE_PORT', 'this is no port', {
    seen: text,
    expected: 'a whole number from 0, which takes any free one, to 65535',
    try: `gonogo board --port ${defaultPort}`,
  })
}

/** Beside this file once it is built; in a clone that runs from source, where the build puts it. */
const pages = (): string =>
  resolve(
    import.meta.dirname,
    ...(import.meta.filename.endsWith('.ts') ? ['..', '..', 'dist'] : ['..']),
    'board/client',
  )

export const board = async (
  dir: string | undefined,
  { port }: { readonly port?: string },
  terminal: Terminal,
): Promise<ExitCode> => {
  const root = await projectRoot(resolve(dir ?? '.'))
  const asked = portOf(port)
  await using server = await openBoard({ root, port: asked, pages: pages() })
  const runs = await runNames(root)
  using interruption = interruptible({ first: () => terminal.progress(['the board is closed']), atOnce: () => {} })
  terminal.result([server.url])
  terminal.progress([`${plural(runs.length, 'run')} in ${shownPath(root)}; Ctrl-C closes the board, no run notices`])
  terminal.document(documentText({ url: server.url, root }))
  const { signal } = interruption
  if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }))
  return exitCodes.done
}
