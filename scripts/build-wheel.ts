// Builds dist-wheel/gonogo-VERSION-py3-none-any.whl: the Python package with the built command line inside it.
// Not dist/ itself: `npm run build:wheel` builds that first. Needs a Python with pip: GONOGO_PYTHON, else python3.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const out = 'dist-wheel'
const stage = path.join(out, 'stage')
const carried = path.join(stage, 'gonogo', '_cli')

type Manifest = {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly type: string
  readonly engines: object
  readonly dependencies?: Readonly<Record<string, string>>
}
const manifestOf = (folder: string) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest

/** Copies the files under `from` that `wanted` says yes to, by their path below it. */
const copy = (from: string, to: string, wanted: (file: string) => boolean): void =>
  cpSync(from, to, {
    recursive: true,
    filter: (file) => statSync(file).isDirectory() || wanted(path.relative(from, file)),
  })

/** Every package that the command line loads, with what those load. */
const runtimePackages = (): string[] => {
  const found = new Set<string>()
  const visit = (manifest: Manifest): void => {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (found.has(name)) continue
      found.add(name)
      visit(manifestOf(path.join('node_modules', name)))
    }
  }
  visit(manifestOf('.'))
  return [...found].sort()
}

/** Code and licence of a package. Not its types, sources, documents, its bundle for browsers, or CommonJS twins of modules. */
const carryPackage = (name: string): void => {
  const from = path.join('node_modules', name)
  const { license } = manifestOf(from)
  const allowed = /^license = "(.*)"$/m.exec(readFileSync('python/pyproject.toml', 'utf8'))?.[1]?.split(' AND ') ?? []
  if (!allowed.includes(license))
    throw new Error(`${name} is under ${license}, which python/pyproject.toml does not name`)
  if (!existsSync(path.join(from, 'LICENSE'))) throw new Error(`${name} has no LICENSE file to carry`)
  copy(from, path.join(carried, 'node_modules', name), (file) => {
    if (file === 'LICENSE' || path.basename(file) === 'package.json') return true
    if (/^(src|browser|types|typings|dist\/(cjs|types))\//.test(file)) return false
    if (file.endsWith('.cjs'))
      return !['.js', '.mjs'].some((module) => existsSync(path.join(from, file.replace(/\.cjs$/, module))))
    return /\.m?js$/.test(file)
  })
}

/** For an interpreter of another environment: a folder with nothing but gonogo, which is the package around it. */
const shim = `"""This wheel's gonogo for a Python of another environment, whose site-packages must stay its own.
Not a copy: the package is the one four folders up."""

from pathlib import Path

_real = Path(__file__).resolve().parents[3]
__path__ = [str(_real)]
exec(compile((_real / "__init__.py").read_text(encoding="utf-8"), str(_real / "__init__.py"), "exec"))
`

rmSync(out, { recursive: true, force: true })
mkdirSync(carried, { recursive: true })
for (const name of ['pyproject.toml', 'README.md']) cpSync(path.join('python', name), path.join(stage, name))
cpSync('LICENSE', path.join(stage, 'LICENSE'))
copy('python/gonogo', path.join(stage, 'gonogo'), (file) => file.endsWith('.py'))
mkdirSync(path.join(carried, 'python', 'gonogo'), { recursive: true })
writeFileSync(path.join(carried, 'python', 'gonogo', '__init__.py'), shim)

// the page of the board is more than scripts
copy(
  'dist',
  path.join(carried, 'dist'),
  (file) => file.endsWith('.js') || file.startsWith(path.join('board', 'client')),
)
copy('bin', path.join(carried, 'bin'), () => true)
for (const name of readdirSync('templates')) {
  // a project with a package.json needs npm, and the engine that comes with it
  if (existsSync(path.join('templates', name, 'package.template.json'))) continue
  copy(path.join('templates', name), path.join(carried, 'templates', name), (file) => !/__pycache__|^runs\//.test(file))
}
const { name, version, type, engines, license, dependencies } = manifestOf('.')
const manifest = { name, version, type, license, engines, dependencies }
writeFileSync(path.join(carried, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
for (const each of runtimePackages()) carryPackage(each)

const python = process.env.GONOGO_PYTHON ?? 'python3'
const pip = [
  '-m',
  'pip',
  'wheel',
  '--quiet',
  '--disable-pip-version-check',
  '--no-deps',
  '--wheel-dir',
  out,
  `./${stage}`,
]
const { status, error } = spawnSync(python, pip, { stdio: ['ignore', 'inherit', 'inherit'] })
if (status !== 0) throw error ?? new Error(`${python} ${pip.join(' ')} ended with ${status}`)
rmSync(stage, { recursive: true, force: true })
const [wheel] = readdirSync(out)
if (wheel === undefined) throw new Error(`pip left no wheel in ${out}`)
const size = statSync(path.join(out, wheel)).size
console.log(`${path.join(out, wheel)}  ${(size / 2 ** 20).toFixed(1)} MiB`)
