// Who a process is, in a way that a reused pid, a reboot or another container cannot fake: host, boot, pid and start time.
// It judges nothing; the lock does. What a platform cannot tell is null, and then not compared.
import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { z } from 'zod'

export const processIdentity = z.object({
  host: z.string(),
  /** Tells machines of the same host name apart. */
  machine: z.string().nullable(),
  /** Changes at each start of the machine. */
  boot: z.string().nullable(),
  /** Process ids count within this namespace only: two containers on one machine share the boot but not the pids. */
  namespace: z.string().nullable(),
  pid: z.int().min(1),
  /** When the process started, as the system writes it: a reused pid has another. */
  started: z.string().nullable(),
})
export type ProcessIdentity = z.infer<typeof processIdentity>

const run = promisify(execFile)
const trimmed = (text: Promise<string>): Promise<string | null> =>
  text.then(
    (t) => t.trim() || null,
    () => null,
  )
const read = (path: string): Promise<string | null> => trimmed(readFile(path, 'utf8'))
const output = (file: string, args: string[]): Promise<string | null> =>
  trimmed(run(file, args, { timeout: 5000, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } }).then((r) => r.stdout))

/** Start time of a running process; undefined where there is none with this pid, null where the system does not tell. */
export const startTime = async (pid: number): Promise<string | null | undefined> => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Not allowed to signal it: it is there, and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined
  }
  if (process.platform === 'linux') {
    const stat = await read(`/proc/${pid}/stat`)
    if (stat === null) return null
    // The second field is the command in parentheses, and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended and only waits for its parent to ask.
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? null)
  }
  return process.platform === 'win32' ? null : output('ps', ['-o', 'lstart=', '-p', String(pid)])
}

const bootId = (): Promise<string | null> =>
  process.platform === 'linux'
    ? read('/proc/sys/kernel/random/boot_id')
    : process.platform === 'darwin'
      ? output('sysctl', ['-n', 'kern.bootsessionuuid'])
      : Promise.resolve(null)

/** This process. */
export const thisProcess = async (): Promise<ProcessIdentity> => {
  const [machine, boot, namespace, started] = await Promise.all([
    read('/etc/machine-id'),
    bootId(),
    trimmed(readlink('/proc/self/ns/pid')),
    startTime(process.pid),
  ])
  return { host: hostname(), machine, boot, namespace, pid: process.pid, started: started ?? null }
}

/** `unknown`: it runs, or ran, where this process cannot look. */
export type Life = 'live' | 'dead' | 'unknown'

export const lifeOf = async (other: ProcessIdentity, self: ProcessIdentity): Promise<Life> => {
  // A boot id is random: equal ones mean the same machine, even where its host name changed with the network.
  if (other.boot === null || other.boot !== self.boot) {
    if (other.host !== self.host || other.machine !== self.machine) return 'unknown'
    if (other.boot !== self.boot) return 'dead'
  }
  if (other.namespace !== self.namespace) return 'unknown'
  const started = await startTime(other.pid)
  if (started === undefined) return 'dead'
  return started === null || other.started === null || started === other.started ? 'live' : 'dead'
}
