// The torch engine: finds a Python with PyTorch and starts python/gonogo's worker in it.
// The arithmetic, the seeds and the user's own functions live there; nothing is decided here.
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { attached, attachOptions } from './attach/attach.ts'
import type { Engine } from './engine.ts'
import { findPython, type Interpreter } from './python.ts'
import type { Launch } from './worker.ts'
import { workerEngine } from './workerEngine.ts'

export const torchOptions = z.strictObject({
  /** Interpreter, relative to the run file. Null: a .venv beside the project, the active environment, then python3. */
  python: z.string().nullable().default(null),
  /** Present, `{}` will do: the process is not started, it joins by itself with gonogo.attach(). */
  attach: attachOptions.optional(),
  /** one: where a device holds one process at a time, as an exclusive GPU or one whose memory is full. */
  processes: z.enum(['one', 'many']).default('many'),
  /** Longest import of the experiment, PyTorch's own import included. */
  import_seconds: z.number().positive().default(90),
  /**
   * Kernels that repeat bitwise, where PyTorch has them; what has none is named (warn) or refused (error). Off: PyTorch's own
   * choice. The same holds in the preflight and in training.
   */
  deterministic: z.enum(['warn', 'error', 'off']).default('warn'),
})

export type TorchSettings = {
  readonly options: z.output<typeof torchOptions>
  /** Folder that relative paths of the options start from. */
  readonly folder: string
  /** Where the user's prints go. */
  readonly log: string | null
  /** The project's root. */
  readonly home: string
  /** Processes that train together. */
  readonly world: number
  /** Tells the user what to do next. */
  readonly say: (text: string) => void
  /** Aborted: wait for nobody any more. */
  readonly signal?: AbortSignal | undefined
}

// src/engine or dist/engine → the package's root
const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export const torch = (settings: TorchSettings): Engine => {
  const { options } = settings
  if (options.attach)
    return attached('torch', {
      ...settings,
      options: options.attach,
      importSeconds: options.import_seconds,
      engine: { deterministic: options.deterministic },
    })
  let python: Promise<Interpreter> | null = null
  const launch = async (folder: string): Promise<Launch> => {
    python ??= findPython({ named: options.python, folder: settings.folder }, folder)
    const path = [join(packageRoot, 'python'), process.env.PYTHONPATH].filter(Boolean).join(delimiter)
    return {
      command: (await python).path,
      args: ['-u', '-m', 'gonogo.worker'],
      env: {
        PYTHONPATH: path,
        PYTHONUNBUFFERED: '1',
        // GNU OpenMP's threads busy-wait by default; where subjects share cores, one step would take the other's time
        GOMP_SPINCOUNT: process.env.GOMP_SPINCOUNT ?? '20000',
      },
      cwd: folder,
      log: settings.log,
      deadlines: { describe: options.import_seconds },
    }
  }
  const nursery = process.platform === 'linux' ? ['-u', '-m', 'gonogo.nursery'] : null
  return workerEngine('torch', launch, options.processes, { deterministic: options.deterministic }, nursery)
}
