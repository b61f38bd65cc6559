// A Python with PyTorch for the tests: a virtual environment in the user's cache folder, made once for each list of pins.
// Not what a user needs: gonogo takes the Python that the run file names.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const requirements = 'python/requirements-test.txt'
const candidates = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']

/** Prints version and platform, and fails where venv or pip's bootstrap is missing (Debian ships them apart). */
const probe =
  'import ensurepip, venv, sys, platform; print(sys.version_info[0] * 100 + sys.version_info[1], platform.platform())'

type Python = { readonly command: string; readonly identity: string }

const findPython = (): Python => {
  const named = process.env.GONOGO_PYTHON
  for (const command of named === undefined ? candidates : [named]) {
    const { status, stdout } = spawnSync(command, ['-c', probe], { encoding: 'utf8' })
    if (status !== 0) continue
    const version = Number(stdout.split(' ')[0])
    if (version >= 310) return { command, identity: stdout.trim() }
  }
  throw new Error(
    'test:torch needs Python 3.10 or newer with venv and pip: apt-get install python3 python3-venv, or set GONOGO_PYTHON',
  )
}

const run = (command: string, args: readonly string[]): void => {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw error ?? new Error(`${command} ${args.slice(0, 4).join(' ')} … ended with ${status}`)
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Holds `file` until the process ends. Two checkouts share the cache, and one environment is made by one of them. */
const lock = async (file: string): Promise<void> => {
  for (;;) {
    try {
      const fd = openSync(file, 'wx')
      writeFileSync(fd, String(process.pid))
      closeSync(fd)
      process.once('exit', () => rmSync(file, { force: true }))
      return
    } catch {
      const owner = Number(existsSync(file) ? readFileSync(file, 'utf8') : '')
      if (owner > 0 && !alive(owner)) rmSync(file, { force: true })
      else await sleep(500)
    }
  }
}

/** Path of a Python interpreter with everything of requirements-test.txt. Made on the first call, found on later ones. */
export const torchPython = async (): Promise<string> => {
  const { command, identity } = findPython()
  const key = createHash('sha256').update(readFileSync(requirements)).update(identity).digest('hex').slice(0, 16)
  const cache =
    process.env.GONOGO_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'gonogo')
  const folder = path.join(cache, `torch-${key}`)
  const python = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const complete = path.join(folder, 'complete')
  if (existsSync(complete)) return python
  mkdirSync(cache, { recursive: true })
  await lock(`${folder}.lock`)
  if (existsSync(complete)) return python
  console.error(`test:torch: installing PyTorch into ${folder} (several gigabytes, once)`)
  rmSync(folder, { recursive: true, force: true })
  run(command, ['-m', 'venv', folder])
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-cache-dir']
  // Hydra's parser runtime comes as source alone; everything else must be a wheel
  const wheels = ['--only-binary', ':all:', '--no-binary', 'antlr4-python3-runtime']
  run(python, [...install, '--require-hashes', ...wheels, '-r', requirements])
  writeFileSync(complete, `${identity}\n`)
  return python
}
