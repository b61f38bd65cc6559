// Finds the Python that an experiment is to run in, and says how to install what it lacks with the tool that made it.
// Nothing is created or installed here. The order stands in docs/python.md.
import { execFile } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { GonogoError } from '../contract/index.ts'

const run = promisify(execFile)
const packages = ['torch', 'numpy', 'safetensors'] as const

export type Interpreter = {
  readonly path: string
  /** What was found, as shown to people: `.venv`, `conda vision`, … */
  readonly how: string
  /** The command that installs packages into it. */
  readonly install: (packages: readonly string[]) => string
}

type Wanted = {
  /** `engine.torch.python`. */
  readonly named: string | null
  /** Folder of the run file, where a relative `named` starts. */
  readonly folder: string
}

/** The interpreter for an experiment in `at`, checked to have what is needed; one process of a tenth of a second. */
export const findPython = async (wanted: Wanted, at: string): Promise<Interpreter> =>
  checked((await fromOption(wanted)) ?? (await nearest(at)))

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const windows = process.platform === 'win32'
const inEnvironment = (root: string): string =>
  windows ? join(root, 'Scripts', 'python.exe') : join(root, 'bin', 'python')
// conda keeps python.exe at the top on Windows
const inConda = (root: string): string => (windows ? join(root, 'python.exe') : join(root, 'bin', 'python'))

const byPip = (path: string) => (missing: readonly string[]) => `${path} -m pip install ${missing.join(' ')}`

const fromOption = async ({ named, folder }: Wanted): Promise<Interpreter | null> => {
  if (named === null) return null
  const path = named.includes('/') || named.includes('\\') ? resolve(folder, named) : named
  if (path !== named && !(await exists(path)))
    throw new GonogoError('PYTHON_MISSING', 'there is no Python at the path that the run file names', {
      where: 'engine.torch.python',
      seen: path,
      expected: 'a Python interpreter',
      try: 'python3 -m venv .venv && .venv/bin/pip install torch numpy safetensors',
    })
  return { path, how: 'engine.torch.python', install: await installerOf(path) }
}

/** GONOGO_PYTHON, the active environment, one beside the project or above it, what its files name, then python3. */
const nearest = async (at: string): Promise<Interpreter> => {
  const { GONOGO_PYTHON, VIRTUAL_ENV, CONDA_PREFIX } = process.env
  if (GONOGO_PYTHON && (await exists(GONOGO_PYTHON)))
    return { path: GONOGO_PYTHON, how: 'GONOGO_PYTHON', install: await installerOf(GONOGO_PYTHON) }
  if (VIRTUAL_ENV && (await exists(inEnvironment(VIRTUAL_ENV)))) return environment(VIRTUAL_ENV, 'active environment')
  // conda's own base is active in most shells that have conda: an environment of the project's goes before it
  const conda = CONDA_PREFIX && (await exists(inConda(CONDA_PREFIX))) ? condaOf(CONDA_PREFIX) : null
  if (conda && process.env.CONDA_DEFAULT_ENV !== 'base') return conda
  for (let folder = at; ; folder = dirname(folder)) {
    for (const name of ['.venv', 'venv'])
      if (await exists(inEnvironment(join(folder, name)))) return environment(join(folder, name), name)
    const declared = await declaredIn(folder)
    if (declared) return declared
    if (dirname(folder) === folder) break
  }
  if (conda) return conda
  const path = windows ? 'python' : 'python3'
  return { path, how: path, install: byPip(path) }
}

const environment = async (root: string, how: string): Promise<Interpreter> => {
  const path = inEnvironment(root)
  return { path, how, install: await installerOf(path) }
}

/** An environment knows who made it: uv leaves its name in pyvenv.cfg, conda a folder. */
const installerOf = async (path: string): Promise<Interpreter['install']> => {
  const root = dirname(dirname(path))
  const made = await readFile(join(root, 'pyvenv.cfg'), 'utf8').catch(() => '')
  const project = dirname(root)
  if (/^uv *=/m.test(made))
    return basename(root) === '.venv' && (await exists(join(project, 'uv.lock')))
      ? (missing) => `uv add --project ${project} ${missing.join(' ')}`
      : (missing) => `uv pip install -p ${path} ${missing.join(' ')}`
  if (await exists(join(root, 'conda-meta'))) return condaOf(root).install
  return byPip(path)
}

const condaOf = (root: string): Interpreter => ({
  path: inConda(root),
  how: `conda ${basename(root)}`,
  // by path: a prefix need not have a name
  install: (missing) =>
    `conda install -p ${root} ${missing.map((name) => (name === 'torch' ? 'pytorch' : name)).join(' ')}`,
})

/** What a project's files name, where its environment lies elsewhere: conda's environment.yml, a lock of uv, poetry or pipenv. */
const declaredIn = async (folder: string): Promise<Interpreter | null> => {
  for (const file of ['environment.yml', 'environment.yaml']) {
    const name = /^name: *["']?([\w.-]+)/m.exec(await readFile(join(folder, file), 'utf8').catch(() => ''))?.[1]
    const root = name === undefined ? null : await condaEnvironment(name)
    if (root !== null) return condaOf(root)
  }
  if (await exists(join(folder, 'uv.lock')))
    return asked(
      folder,
      'uv',
      ['python', 'find', '--offline'],
      (missing) => `uv add --project ${folder} ${missing.join(' ')}`,
    )
  if (await exists(join(folder, 'poetry.lock')))
    return asked(folder, 'poetry', ['env', 'info', '--executable'], (missing) => `poetry add ${missing.join(' ')}`)
  if (await exists(join(folder, 'Pipfile')))
    return asked(folder, 'pipenv', ['--py'], (missing) => `pipenv install ${missing.join(' ')}`)
  return null
}

/** What the project's tool says; null where the tool is not there or knows none. */
const asked = async (
  folder: string,
  tool: string,
  args: readonly string[],
  install: Interpreter['install'],
): Promise<Interpreter | null> => {
  const said = await run(tool, [...args], { cwd: folder, timeout: 10_000 }).catch(() => null)
  const path = said?.stdout.trim().split('\n').at(-1) ?? ''
  return path !== '' && (await exists(path)) ? { path, how: tool, install } : null
}

const condaEnvironment = async (name: string): Promise<string | null> => {
  const said = await run('conda', ['env', 'list', '--json'], { timeout: 10_000 }).catch(() => null)
  if (!said) return null
  try {
    const { envs } = JSON.parse(said.stdout) as { envs?: unknown }
    if (!Array.isArray(envs)) return null
    for (const root of envs)
      if (typeof root === 'string' && basename(root) === name && (await exists(inConda(root)))) return root
    return null
  } catch {
    return null
  }
}

const probe = `import sys, importlib.util as u; print("gonogo", sys.version_info >= (3, 10), *[m for m in ${JSON.stringify(packages)} if u.find_spec(m) is None])`

/** Refuses an interpreter without torch before the slow import of it. */
const checked = async (python: Interpreter): Promise<Interpreter> => {
  const { path, install } = python
  let answer: string[]
  try {
    const { stdout } = await run(path, ['-c', probe], { timeout: 30_000 })
    // a start-up file of the user's may print, too
    answer = (/^gonogo (.*)$/m.exec(stdout)?.[1] ?? 'nothing').trim().split(' ')
  } catch (cause) {
    throw new GonogoError('PYTHON_MISSING', 'no Python could be started', {
      where: path,
      seen: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      expected: 'Python 3.10 or newer with PyTorch 2.2 or newer',
      try: 'python3 -m venv .venv && .venv/bin/pip install torch numpy safetensors',
      cause,
    })
  }
  const [recent, ...missing] = answer
  if (missing.length > 0)
    throw new GonogoError('TORCH_MISSING', `${missing.join(', ')} is not installed in this Python`, {
      where: path,
      seen: `no module named ${missing[0]}; chosen: ${python.how}`,
      expected: 'torch, numpy and safetensors',
      try: install(missing),
    })
  if (recent !== 'True')
    throw new GonogoError('PYTHON_TOO_OLD', 'this Python is too old', {
      where: path,
      seen: `chosen: ${python.how}`,
      expected: 'Python 3.10 or newer',
      try: 'set engine.torch.python in the run file to a newer one',
    })
  return python
}
