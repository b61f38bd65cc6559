// A machine as a newcomer has it: the system's own Node and npm, nothing of this checkout on the path.
// Not a sandbox: npm's cache and the network are the real ones.
import { spawnSync } from 'node:child_process'
import path from 'node:path'

export const root = path.resolve(import.meta.dirname, '../..')

/** The environment without npm's own variables, ours, or any project's node_modules/.bin. */
export const bareEnvironment = (): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|GONOGO_|VITEST|NODE_(?!EXTRA_CA_CERTS)|TEST$|DEV$|PROD$|MODE$|INIT_CWD$)/i.test(name),
  )
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => !folder.includes('node_modules'))
  return { ...Object.fromEntries(kept), PATH: folders.join(path.delimiter), NO_COLOR: '1', CI: 'true' }
}

export type Ran = { readonly status: number | null; readonly stdout: string; readonly text: string }

/** Runs one line of shell in `cwd` and returns all that it printed. */
export const sh = (line: string, cwd: string, env: NodeJS.ProcessEnv = bareEnvironment()): Ran => {
  const { status, stdout, stderr, error } = spawnSync('bash', ['-c', line], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined) throw error
  return { status, stdout, text: `$ ${line}\n${stdout}${stderr}` }
}

/** Runs one line that must succeed; what it printed is the message where it does not. */
export const must = (line: string, cwd: string, env?: NodeJS.ProcessEnv): Ran => {
  const ran = sh(line, cwd, env)
  if (ran.status !== 0) throw new Error(`ended with ${ran.status}\n${ran.text}`)
  return ran
}
