// Runs the command line in the test's own process: the same code and words without the start of a process each time.
// Not for what a process is needed for: kills, signals, exit codes of a real exit. gonogo.fixture.ts starts one.
import type { Ran } from './gonogo.fixture.ts'
import { main } from './main.ts'

type Write = typeof process.stdout.write

/** One at a time: the working folder and the two streams are the process's. */
export const gonogoHere = async (folder: string, ...args: string[]): Promise<Ran> => {
  const said = { out: '', err: '' }
  const before = { folder: process.cwd(), out: process.stdout.write, err: process.stderr.write }
  const into =
    (to: 'out' | 'err'): Write =>
    (chunk: string | Uint8Array, ...rest: unknown[]) => {
      said[to] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
      const done = rest.at(-1)
      if (typeof done === 'function') done()
      return true
    }
  process.chdir(folder)
  process.stdout.write = into('out')
  process.stderr.write = into('err')
  try {
    const code = await main(args)
    return { code, ...said }
  } finally {
    process.stdout.write = before.out
    process.stderr.write = before.err
    process.chdir(before.folder)
  }
}
