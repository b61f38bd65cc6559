// Runs the command line as a person does: its own process, its own folder.
// Not part of the product: nothing but tests imports it.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const script = join(import.meta.dirname, 'main.ts')

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

export const gonogo = (args: readonly string[], o: { cwd?: string; env?: Record<string, string> } = {}): Promise<Ran> =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, ['--conditions=gonogo-source', script, ...args], {
      cwd: o.cwd ?? tmpdir(),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...o.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.on('error', failed)
    child.on('close', (code) => done({ code, out, err }))
  })

/** A folder of its own, gone at the end of the block. */
export const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'gonogo-cli-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
