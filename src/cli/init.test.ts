// init: what it writes, what it refuses, and which gonogo the new project asks for.
// Not whether the project works: the packed-tarball test installs and runs one.
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { folder, gonogo } from './gonogo.fixture.ts'
import { projectName } from './init.ts'
import { ownDependency } from './own-dependency.ts'

describe('init', () => {
  test('writes a project with its own name, and says what to type', async () => {
    await using place = await folder()
    const ran = await gonogo(['init', 'My Digits!'], { cwd: place.path })
    expect(ran.err).toBe('')
    expect(ran.code).toBe(0)
    const files = await readdir(join(place.path, 'My Digits!'))
    expect(files).toEqual(
      expect.arrayContaining(['.gitignore', 'experiment.ts', 'mnist.run.yaml', 'package.json', 'README.md']),
    )
    expect(files.filter((name) => /template|^gitignore|^npmrc|\.new$/.test(name))).toEqual([])
    const manifest = await readFile(join(place.path, 'My Digits!', 'package.json'), 'utf8')
    expect(manifest).not.toContain('{{')
    expect(JSON.parse(manifest)).toMatchObject({ name: 'my-digits', dependencies: { gonogo: /^file:/ } })
    expect(ran.out).toContain("next  cd 'My Digits!'\n      npm install\n      npm test\n      npm start\n")
  })
  test('an empty folder will do, with a fresh repository in it', async () => {
    await using place = await folder()
    await mkdir(join(place.path, '.git'))
    const ran = await gonogo(['init', '.', '--json'], { cwd: place.path })
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.out)).toMatchObject({ folder: place.path, template: 'mnist-ts' })
  })
  test('refuses a folder that holds something, names it, and leaves it alone', async () => {
    await using place = await folder()
    await writeFile(join(place.path, 'thesis.tex'), 'x')
    const ran = await gonogo(['init', '.'], { cwd: place.path })
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('INIT_NOT_EMPTY')
    expect(ran.err).toContain('seen      thesis.tex')
    expect(await readdir(place.path)).toEqual(['thesis.tex'])
  })
  test('refuses a file, and a template that is not there', async () => {
    await using place = await folder()
    await writeFile(join(place.path, 'taken'), 'x')
    expect((await gonogo(['init', 'taken'], { cwd: place.path })).err).toContain('INIT_NOT_A_FOLDER')
    const ran = await gonogo(['init', 'new', '--template', 'mnist_ts'], { cwd: place.path })
    expect(ran.err).toContain('try       --template mnist-ts')
    expect(await readdir(place.path)).toEqual(['taken'])
  })
})

test.each([
  ['/x/My Digits!', 'my-digits'],
  ['/x/Ünïcode', 'u-ni-code'],
  ['/x/...', 'my-project'],
  ['/x/gonogo', 'gonogo-project'],
  ['/x/a.b_c-d', 'a.b_c-d'],
])('projectName(%s) is %s', (path, name) => expect(projectName(path)).toBe(name))

describe('ownDependency', () => {
  const installed = async (root: string, resolved: string | null) => {
    const modules = join(root, 'node_modules')
    await mkdir(join(modules, 'gonogo'), { recursive: true })
    await writeFile(join(modules, 'gonogo', 'package.json'), '{"version":"1.2.3"}')
    const packages = { 'node_modules/gonogo': { version: '1.2.3', resolved } }
    if (resolved !== null) await writeFile(join(modules, '.package-lock.json'), JSON.stringify({ packages }))
    return join(modules, 'gonogo')
  }
  const project = async (root: string, name = 'project') => {
    await mkdir(join(root, name), { recursive: true })
    return join(root, name)
  }

  test('a tarball beside the project: relative', async () => {
    await using place = await folder()
    await writeFile(join(place.path, 'gonogo-1.2.3.tgz'), '')
    const from = await installed(join(place.path, 'cache', 'npx'), 'file:../../gonogo-1.2.3.tgz')
    expect(await ownDependency(from, await project(place.path))).toBe('file:../gonogo-1.2.3.tgz')
  })
  test('a tarball far away: absolute', async () => {
    await using place = await folder()
    await mkdir(join(place.path, 'down loads'))
    await writeFile(join(place.path, 'down loads', 'g.tgz'), '')
    const from = await installed(join(place.path, 'cache'), 'file:../down%20loads/g.tgz')
    expect(await ownDependency(from, await project(place.path, 'a/b/c'))).toBe(`file:${place.path}/down loads/g.tgz`)
  })
  test('from the registry, a tarball that is gone, or no lock: the version', async () => {
    await using place = await folder()
    for (const resolved of ['https://example.test/gonogo.tgz', 'file:../gone.tgz', null]) {
      const from = await installed(join(place.path, `at-${String(resolved).length}`), resolved)
      expect(await ownDependency(from, await project(place.path))).toBe('^1.2.3')
    }
  })
  test('a clone: the folder itself, through links', async () => {
    await using place = await folder()
    const clone = await project(place.path, 'clone')
    await symlink(clone, join(place.path, 'link'))
    expect(await ownDependency(join(place.path, 'link'), await project(place.path))).toBe('file:../clone')
  })
})
