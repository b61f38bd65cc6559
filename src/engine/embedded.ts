// The embedded engine: starts a Node process that imports the experiment and runs its training graph.
// The process itself is embedded/worker.ts; this file only spawns it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { GonogoError } from '../contract/index.ts'
import type { Engine } from './engine.ts'
import { workerEngine } from './workerEngine.ts'

export const embeddedOptions = z.strictObject({
  /** Longest import of the experiment. */
  import_seconds: z.number().positive().default(20),
})

export type EmbeddedSettings = {
  readonly options: z.output<typeof embeddedOptions>
  /** Where the user's prints go. */
  readonly log: string | null
}

// the worker lies beside this file with the same extension: .ts in a checkout, .js in the package
const script = fileURLToPath(new URL(`./embedded/worker${extname(import.meta.url)}`, import.meta.url))

const runtime = 'onnxruntime-node'

/** npm leaves the runtime out without a word where its install script cannot reach the host of its CUDA libraries. */
const demandRuntime = (): void => {
  try {
    createRequire(import.meta.url).resolve(runtime)
  } catch (error) {
    throw new GonogoError('RUNTIME_MISSING', `${runtime}, which runs the arithmetic, is not installed`, {
      seen: 'no such package: its install script fetches CUDA libraries from another host and fails without it',
      expected: `${runtime} as npm has it; its CPU library is inside`,
      try: 'npm install --ignore-scripts',
      cause: error,
    })
  }
}

/** What Python's pip installs carries no engine for TypeScript, and its package.json does not ask for the runtime. */
const demandOwnRuntime = (): void => {
  const own: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof own === 'object' && own !== null && 'optionalDependencies' in own) return
  throw new GonogoError('RUNTIME_MISSING', 'experiments in TypeScript need gonogo from npm; this one came with pip', {
    expected: `gonogo and ${runtime} in the project's node_modules`,
    try: 'npm install gonogo',
  })
}

export const embedded = (settings: EmbeddedSettings): Engine => {
  demandOwnRuntime()
  const engine = workerEngine('embedded', (folder) => ({
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', '--enable-source-maps', script],
    cwd: folder,
    // compiled code is kept between processes, where Node keeps it by default: half of a start would go into it
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache') },
    log: settings.log,
    deadlines: { describe: settings.options.import_seconds },
  }))
  return {
    ...engine,
    open: (request, process) => {
      demandRuntime()
      return engine.open(request, process)
    },
  }
}
