import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { GonogoError } from '../contract/index.ts'
import { findPython } from './python.ts'

// a Python of the machine without PyTorch: isolated mode leaves out what a user has installed
const bare = '#!/bin/sh\nexec python3 -I -S "$@"\n'
const hasPython = spawnSync('python3', ['-I', '-S', '-c', 'print(1)'], { encoding: 'utf8' }).stdout === '1\n'

const made: string[] = []
const before = { ...process.env }
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
  process.env = { ...before }
})

/** A folder with these files; what lies in a bin/ can be executed. */
const folderOf = (files: Record<string, string>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-find-'))
  made.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
    if (name.includes('bin/')) chmodSync(join(folder, name), 0o755)
  }
  return folder
}

/** The error of the search in a folder, whose every interpreter lacks PyTorch. */
const lacking = async (folder: string, env: Record<string, string> = {}): Promise<GonogoError> => {
  for (const name of ['GONOGO_PYTHON', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'CONDA_DEFAULT_ENV']) delete process.env[name]
  Object.assign(process.env, env)
  try {
    await findPython({ named: null, folder }, folder)
  } catch (error) {
    return error as GonogoError
  }
  throw new Error('it did not fail')
}

describe.runIf(hasPython)('the environment that is found, and the command that installs PyTorch into it', () => {
  it('a venv of the project: its own pip', async () => {
    for (const name of ['.venv', 'venv']) {
      const folder = folderOf({ [`${name}/bin/python`]: bare, [`${name}/pyvenv.cfg`]: 'home = /usr/bin\n' })
      const python = join(folder, name, 'bin/python')
      expect(await lacking(folder)).toMatchObject({
        code: 'TORCH_MISSING',
        where: python,
        seen: expect.stringContaining(`chosen: ${name}`),
        try: `${python} -m pip install torch numpy safetensors`,
      })
    }
  })

  it('one that uv made has no pip: uv installs into it, or adds to the project that is locked', async () => {
    const files = { '.venv/bin/python': bare, '.venv/pyvenv.cfg': 'home = /usr/bin\nuv = 0.9.1\n' }
    const loose = folderOf(files)
    expect((await lacking(loose)).try).toBe(`uv pip install -p ${loose}/.venv/bin/python torch numpy safetensors`)
    const locked = folderOf({ ...files, 'uv.lock': '' })
    expect((await lacking(locked)).try).toBe(`uv add --project ${locked} torch numpy safetensors`)
  })

  it('the nearest wins upwards; an active one wins over both; GONOGO_PYTHON over all', async () => {
    const folder = folderOf({
      '.venv/bin/python': bare,
      'inner/venv/bin/python': bare,
      'active/bin/python': bare,
      'named/bin/python': bare,
    })
    const inner = join(folder, 'inner')
    expect((await lacking(inner)).where).toBe(join(inner, 'venv/bin/python'))
    const active = { VIRTUAL_ENV: join(folder, 'active') }
    expect((await lacking(inner, active)).where).toBe(join(folder, 'active/bin/python'))
    const named = join(folder, 'named/bin/python')
    expect((await lacking(inner, { ...active, GONOGO_PYTHON: named })).where).toBe(named)
  })

  it('conda: the active environment, but its base only where the project has none', async () => {
    const root = folderOf({ 'envs/vision/bin/python': bare, 'envs/vision/conda-meta/history': '', 'bin/python': bare })
    const folder = folderOf({})
    const vision = join(root, 'envs/vision')
    expect(await lacking(folder, { CONDA_PREFIX: vision, CONDA_DEFAULT_ENV: 'vision' })).toMatchObject({
      where: join(vision, 'bin/python'),
      seen: expect.stringContaining('conda vision'),
      try: `conda install -p ${vision} pytorch numpy safetensors`,
    })
    const base = { CONDA_PREFIX: root, CONDA_DEFAULT_ENV: 'base' }
    expect((await lacking(folder, base)).where).toBe(join(root, 'bin/python'))
    const own = folderOf({ '.venv/bin/python': bare })
    expect((await lacking(own, base)).where).toBe(join(own, '.venv/bin/python'))
  })

  it('an environment that the project’s files name: environment.yml, poetry.lock', async () => {
    const elsewhere = folderOf({ 'envs/nlp/bin/python': bare, 'poetry/bin/python': bare })
    const tools = folderOf({
      'bin/conda': `#!/bin/sh\necho '{"envs": ["/nowhere/nlp", "${elsewhere}/envs/nlp"]}'\n`,
      'bin/poetry': `#!/bin/sh\necho ${elsewhere}/poetry/bin/python\n`,
    })
    const env = { PATH: `${join(tools, 'bin')}:${process.env.PATH}` }
    const conda = folderOf({ 'environment.yml': 'name: nlp\ndependencies: [python]\n' })
    expect(await lacking(conda, env)).toMatchObject({
      where: join(elsewhere, 'envs/nlp/bin/python'),
      try: `conda install -p ${join(elsewhere, 'envs/nlp')} pytorch numpy safetensors`,
    })
    const poetry = folderOf({ 'poetry.lock': '' })
    expect(await lacking(poetry, env)).toMatchObject({ try: 'poetry add torch numpy safetensors' })
    // the tool is not there: the search goes on
    const absent = { PATH: '/usr/bin:/bin' }
    expect((await lacking(poetry, absent)).where).toBe('python3')
  })
})
