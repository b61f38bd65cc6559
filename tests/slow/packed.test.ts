// The tarball as a stranger meets it: installed in an empty folder with the system's Node, then a project from `gonogo init`.
// Not the checkout: nothing here reads src/ or the checkout's node_modules.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must, root, sh } from './machine.ts'

let base = ''
let empty = ''
let project = ''

beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), 'gonogo-packed-'))
  empty = path.join(base, 'empty')
  project = path.join(empty, 'my-project')
  mkdirSync(empty)
  must('node_modules/.bin/node scripts/build.ts', root)
  must(`npm pack --ignore-scripts --pack-destination "${base}"`, root)
  const [tarball] = readdirSync(base).filter((name) => name.endsWith('.tgz'))
  must(`npm install "../${tarball}"`, empty)
  must('npx gonogo init my-project', empty)
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

test('the tarball holds what runs, and no tests', () => {
  const { stdout } = must(`tar -tzf ${path.join(base, '*.tgz')}`, base)
  for (const file of [
    'bin/gonogo.js',
    'dist/cli/main.js',
    'dist/board/client/index.html',
    'dist/board/client/licences.txt',
    'python/gonogo/__init__.py',
    'templates/mnist-ts/npmrc',
  ]) {
    expect(stdout.split('\n')).toContain(`package/${file}`)
  }
  // The template's own test is a file of the project it becomes.
  const stray = stdout
    .split('\n')
    .filter((file) => /\.test\.|\.fixture\.|\.bench\.|goldens|__pycache__|\.pyc$|\/\.DS_Store/.test(file))
  expect(stray).toEqual(['package/templates/mnist-ts/preflight.test.ts'])
})

test('init writes a whole project', () => {
  expect(readdirSync(project).sort()).toEqual(
    [
      '.gitignore',
      '.npmrc',
      'README.md',
      'experiment.ts',
      'mnist.run.yaml',
      'package.json',
      'preflight.test.ts',
      'tsconfig.json',
      'wide.run.yaml',
    ].sort(),
  )
  const { name, dependencies } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))
  expect(name).toBe('my-project')
  expect(dependencies.gonogo).toMatch(/^file:.*\.tgz$/)
})

test('init leaves a folder with files in it alone', () => {
  const before = readFileSync(path.join(project, 'package.json'), 'utf8')
  const { status, text } = sh('npx gonogo init my-project', empty)
  expect(status, text).toBe(2)
  expect(readFileSync(path.join(project, 'package.json'), 'utf8')).toBe(before)
})

test('npm install, npm test, npm start work in it', () => {
  must('npm install', project)
  must('npm run types', project)
  const file = path.join(project, 'mnist.run.yaml')
  // on a busy machine no check may be left out for lack of time
  writeFileSync(file, `${readFileSync(file, 'utf8')}preflight: { budget: { seconds: 250 } }\n`)
  const tests = must('npm test', project)
  expect(tests.text).toMatch(/Tests +(3|4)\d passed/)
  writeFileSync(file, readFileSync(file, 'utf8').replace(/length: .*/, 'length: { steps: 100 }'))
  must('npm start', project)
  const runs = must('npx gonogo runs --json', project)
  expect(JSON.stringify(JSON.parse(runs.stdout))).toContain('mnist-cnn')
  expect(existsSync(path.join(project, 'runs'))).toBe(true)
})

test('without its runtime gonogo says what to type, and that helps', () => {
  const runtime = path.join(project, 'node_modules/onnxruntime-node')
  renameSync(runtime, path.join(base, 'onnxruntime-node'))
  const missing = sh('npx gonogo check mnist.run.yaml --only I1 --json', project)
  expect(missing.status, missing.text).toBe(2)
  const { error } = JSON.parse(missing.stdout)
  expect(error).toMatchObject({ code: 'RUNTIME_MISSING', try: 'npm install --ignore-scripts' })
  must(error.try, project)
  must('npx gonogo check mnist.run.yaml --only I1 --json', project)
})

test('the variant is a run of its own', () => {
  const checked = must('npx gonogo check wide.run.yaml --only C1 --json', project)
  expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: 'GO' })
})

test.runIf(process.platform === 'linux')('an older Node hands over to Node 24: arguments, exit code, signal', () => {
  const old = must(
    `npm exec --yes --loglevel=error --package=node-linux-${process.arch}@20 -- node -p process.execPath`,
    base,
  ).stdout.trim()
  expect(must(`"${old}" --version`, base).stdout).toMatch(/^v20\./)
  const gonogo = `"${old}" "${path.join(empty, 'node_modules/gonogo/bin/gonogo.js')}"`
  expect(must(`${gonogo} --version`, base).stdout).toMatch(/^\d+\.\d+\.\d+/)
  expect(sh(`${gonogo} check none.run.yaml`, base).status).toBe(2)
  // Without npm there is nothing to hand over to: one line says what to do.
  const alone = sh(`PATH=/nowhere ${gonogo} --version`, base)
  expect(alone.status).toBe(2)
  expect(alone.text).toContain('npm install --save-dev node@24')
})
