// The torch engine: finds a Python with PyTorch and starts python/gonogo's worker in it.
// The arithmetic, the seeds and the user's own functions live there; nothing is decided here.
import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { GonogoError } from '../contract/index.ts'
import { attached, attachOptions } from './attach/attach.ts'
import type { Engine } from './engine.ts'
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
  /** Tells the user what to do next. */
  readonly say: (text: string) => void
  /** Aborted: wait for nobody any more. */
  readonly signal?: AbortSignal | undefined
}

const run = promisify(execFile)
// src/engine or dist/engine → the package's root
const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

export const torch = (settings: TorchSettings): Engine => {
  const { options } = settings
  if (options.attach)
    return attached('torch', { ...settings, options: options.attach, importSeconds: options.import_seconds })
  let python: Promise<string> | null = null
  const launch = async (folder: string): Promise<Launch> => {
    python ??= findPython(settings, folder)
    const path = [join(packageRoot, 'python'), process.env.PYTHONPATH].filter(Boolean).join(delimiter)
    return {
      command: await python,
      args: ['-u', '-m', 'gonogo.worker'],
      env: {
        PYTHONPATH: path,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        // GNU OpenMP's threads busy-wait by default; where subjects share cores, one step would take the other's time
        GOMP_SPINCOUNT: process.env.GOMP_SPINCOUNT ?? '20000',
      },
      cwd: folder,
      log: settings.log,
      deadlines: { describe: settings.options.import_seconds },
    }
  }
  return workerEngine('torch', launch, settings.options.processes, { deterministic: settings.options.deterministic })
}

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const inEnvironment = (root: string): string =>
  process.platform === 'win32' ? join(root, 'Scripts', 'python.exe') : join(root, 'bin', 'python')

/** The nearest environment: the option, a .venv upwards of the experiment, the active one, then python3. */
const findPython = async (settings: TorchSettings, folder: string): Promise<string> => {
  const wanted = settings.options.python
  if (wanted !== null) {
    const path = wanted.includes('/') || wanted.includes('\\') ? resolve(settings.folder, wanted) : wanted
    if (path !== wanted && !(await exists(path)))
      throw new GonogoError('PYTHON_MISSING', 'there is no Python at the path that the run file names', {
        where: 'engine.torch.python',
        seen: path,
        expected: 'a Python interpreter',
        try: 'python3 -m venv .venv && .venv/bin/pip install torch numpy safetensors',
      })
    return checked(path)
  }
  const candidates: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    candidates.push(inEnvironment(join(at, '.venv')), inEnvironment(join(at, 'venv')))
    if (dirname(at) === at) break
  }
  for (const variable of ['VIRTUAL_ENV', 'CONDA_PREFIX']) {
    const root = process.env[variable]
    if (root) candidates.unshift(inEnvironment(root))
  }
  const named = process.env.GONOGO_PYTHON
  if (named) candidates.unshift(named)
  for (const candidate of candidates) if (await exists(candidate)) return checked(candidate)
  return checked(process.platform === 'win32' ? 'python' : 'python3')
}

/** Refuses an interpreter without torch in a tenth of a second, before the slow import. */
const checked = async (python: string): Promise<string> => {
  const probe =
    'import sys, importlib.util as u; print(sys.version_info >= (3, 10), *[m for m in ("torch", "numpy", "safetensors") if u.find_spec(m) is None])'
  let answer: string[]
  try {
    answer = (await run(python, ['-c', probe], { timeout: 30_000 })).stdout.trim().split(' ')
  } catch (cause) {
    throw new GonogoError('PYTHON_MISSING', 'no Python could be started', {
      where: python,
      seen: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      expected: 'Python 3.10 or newer with PyTorch 2.2 or newer',
      try: 'python3 -m venv .venv && .venv/bin/pip install torch numpy safetensors',
      cause,
    })
  }
  const [recent, ...missing] = answer
  if (missing.length > 0)
    throw new GonogoError('TORCH_MISSING', `${missing.join(', ')} is not installed in this Python`, {
      where: python,
      seen: `no module named ${missing[0]}`,
      expected: 'torch, numpy and safetensors',
      try: `${python} -m pip install ${missing.join(' ')}`,
    })
  if (recent !== 'True')
    throw new GonogoError('PYTHON_TOO_OLD', 'this Python is too old', {
      where: python,
      expected: 'Python 3.10 or newer',
      try: 'set engine.torch.python in the run file to a newer one',
    })
  return python
}
