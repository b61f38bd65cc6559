// Which files an experiment reads, noted as it opens them: a pass of the preflight is bound to them.
// It changes nothing that is read, and cannot see what native code opens.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const noted = new Set<string>()
/** More than this, and the list says nothing any more. */
const most = 100_000

/** Paths of files that were opened to be read, in no order; null where they were too many. */
export const filesRead = (): string[] | null => (noted.size > most ? null : [...noted])

const note = (at: unknown, flags: unknown): void => {
  if (noted.size > most || (typeof flags === 'string' && !/^rs?$/.test(flags))) return
  if (typeof at === 'string') noted.add(resolve(at))
  else if (at instanceof URL) noted.add(fileURLToPath(at))
}

type Reader = (at: unknown, options?: unknown, ...rest: unknown[]) => unknown

const watched = (module: Record<string, unknown>, name: string): void => {
  const read = module[name] as Reader
  module[name] = function (this: unknown, at: unknown, options?: unknown, ...rest: unknown[]) {
    note(
      at,
      typeof options === 'object' && options !== null
        ? (options as { flag?: unknown }).flag
        : name.startsWith('open')
          ? options
          : undefined,
    )
    return read.call(this, at, options, ...rest)
  }
}

/** From now on. Call once a process, before the experiment is imported. */
export const noteReads = (): void => {
  const sync = fs as unknown as Record<string, unknown>
  for (const name of ['readFileSync', 'openSync', 'readFile', 'open', 'createReadStream']) watched(sync, name)
  const promises = fs.promises as unknown as Record<string, unknown>
  for (const name of ['readFile', 'open']) watched(promises, name)
  syncBuiltinESMExports()
}
