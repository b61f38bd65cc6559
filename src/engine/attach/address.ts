// Where a gonogo waits, in a file of the project: a notebook on the same machine finds it without being told.
// The token in it is a secret: only the user may read the file.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes `.gonogo/attach.json`; the returned function takes it away, and so does the end of this process. */
export const publishAddress = (folder: string, address: string): (() => void) => {
  const path = join(folder, '.gonogo', 'attach.json')
  mkdirSync(join(folder, '.gonogo'), { recursive: true })
  const made = `${path}.${process.pid}`
  writeFileSync(made, `${JSON.stringify({ address, pid: process.pid })}\n`, { mode: 0o600 })
  renameSync(made, path)
  const withdraw = () => rmSync(path, { force: true })
  process.once('exit', withdraw)
  return () => {
    process.off('exit', withdraw)
    withdraw()
  }
}
