// Where a run came from: code, machine, versions, command. Collected once, written to provenance.json.
// It never fails a run: what cannot be told is null. It executes git, with hooks, monitors and diff programs off.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { arch, availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os'
import { redact, redactArguments } from './redact.ts'

export type GitState = {
  readonly commit: string | null
  readonly branch: string | null
  /** Without user names, passwords and tokens. */
  readonly remote: string | null
  readonly dirty: boolean
  /** Changes against the commit, secrets taken out. */
  readonly diff: string
  /** Length of the whole diff, and whether `diff` is only its beginning. */
  readonly diffBytes: number
  readonly cut: boolean
  /** sha256 of the whole diff before anything was taken out: equal ones mean equal code. */
  readonly diffSha256: string
  /** Names of files that git does not know, contents not included. */
  readonly untracked: readonly string[]
}

export type Provenance = {
  readonly time: string
  readonly command: readonly string[]
  readonly folder: string
  readonly seed: number
  readonly threads: number | null
  readonly git: GitState | null
  readonly versions: Readonly<Record<string, string>>
  readonly hardware: { readonly cpu: string; readonly cores: number; readonly memory: number }
  readonly system: { readonly host: string; readonly type: string; readonly release: string; readonly arch: string }
}

const outputLimit = 1 << 26
const diffLimit = 1 << 20
const namesLimit = 1000

// Looking at a repository must not start programs that it configures, nor wait for a pager.
const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--no-pager']
const environment = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }

/** Output of a git command; null where git is absent, fails, or says too much. */
const git = (folder: string, ...args: string[]): Promise<string | null> =>
  new Promise((done) => {
    execFile(
      'git',
      ['-C', folder, ...safe, ...args],
      { maxBuffer: outputLimit, timeout: 20_000, env: { ...process.env, ...environment } },
      (error, stdout) => done(error === null ? stdout : null),
    )
  })

/** The beginning of a text, ending with a whole line: half a token could not be recognised. */
const capped = (text: string, limit: number): string => {
  if (text.length <= limit) return text
  return text.slice(0, text.lastIndexOf('\n', limit) + 1)
}

const gitState = async (folder: string): Promise<GitState | null> => {
  const inside = await git(folder, 'rev-parse', '--is-inside-work-tree')
  if (inside?.trim() !== 'true') return null
  const line = async (...args: string[]) => (await git(folder, ...args))?.trim() || null
  const [commit, branch, remote, status] = await Promise.all([
    line('rev-parse', '--verify', '--quiet', 'HEAD'),
    line('symbolic-ref', '--quiet', '--short', 'HEAD'),
    line('config', '--get', 'remote.origin.url'),
    git(folder, 'status', '--porcelain', '-z', '--untracked-files=normal', '--ignore-submodules=all'),
  ])
  // Before the first commit there is nothing to compare with but the index.
  const against = commit === null ? ['--cached'] : ['HEAD']
  const diff = await git(
    folder,
    'diff',
    ...against,
    '--no-ext-diff',
    '--no-textconv',
    '--no-color',
    '--ignore-submodules=all',
  )
  const files = (status ?? '').split('\0').filter((f) => f !== '')
  const untracked = files.filter((f) => f.startsWith('?? ')).map((f) => redact(f.slice(3)))
  // Redacted as a whole and cut after: a secret on the edge must not survive in halves.
  const clean = redact(diff ?? 'git could not tell, or the diff is larger than 64 MiB\n')
  const shown = capped(clean, diffLimit)
  return {
    commit,
    branch,
    remote: remote === null ? null : redact(remote),
    dirty: files.length > 0 || diff === null || diff !== '',
    diff: shown,
    diffBytes: Buffer.byteLength(diff ?? ''),
    cut: diff === null || shown.length < clean.length,
    diffSha256: createHash('sha256')
      .update(diff ?? '')
      .digest('hex'),
    untracked: untracked.slice(0, namesLimit),
  }
}

export type ProvenanceInput = {
  /** Folder of the experiment; its git repository is described. */
  readonly folder: string
  readonly seed: number
  readonly threads: number | null
  /** Names and versions of packages; node and its parts are added. */
  readonly packages: Readonly<Record<string, string>>
  /** The command line; this process's own when absent. */
  readonly command?: readonly string[]
}

/** Works without git and outside of a repository: `git` is null there. */
export const collectProvenance = async (input: ProvenanceInput): Promise<Provenance> => ({
  time: new Date().toISOString(),
  command: redactArguments(input.command ?? process.argv),
  folder: input.folder,
  seed: input.seed,
  threads: input.threads,
  git: await gitState(input.folder),
  versions: { node: process.versions.node, v8: process.versions.v8, ...input.packages },
  hardware: { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), memory: totalmem() },
  system: { host: hostname(), type: type(), release: release(), arch: arch() },
})
