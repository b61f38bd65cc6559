// The layer rule, seen to hold on the sources and seen to fail on each kind of planted breach.
// Not a test of dependency-cruiser: of our table and of the script that runs it.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

const layers = (folder: string) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/layers.ts', folder], {
    cwd: root,
    encoding: 'utf8',
  })
  return { status, text: stdout + stderr }
}

/** A copy of the sources with some files more. */
const copyWith = (files: Record<string, string>): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'gonogo-layers-'))
  made.push(folder)
  cpSync(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true })
  cpSync(path.join(root, 'package.json'), path.join(folder, 'package.json'))
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  return folder
}

/** What a stage's sources say, comments apart. */
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1')

const leaf = 'export const planted = 1\n'
const importing = (from: string) => `import { planted } from '${from}'\nexport const also = planted\n`

describe('layers', () => {
  test('hold on the sources', () => {
    const { status, text } = layers(root)
    expect(text).toMatch(/^layers: [1-9]\d* modules, 0 breaches$/m)
    expect(status).toBe(0)
  })

  /** Rule → the file that breaks it and what that file holds. All are planted in one copy. */
  const breaches: readonly (readonly [rule: string, file: string, text: string])[] = [
    ['preflight-imports', 'src/preflight/breach-a.ts', importing('../train/planted.ts')],
    ['board-imports', 'src/board/breach-m.ts', importing('../train/planted.ts')],
    ['board-page-imports', 'src/board/client/breach-n.ts', importing('../../record/planted.ts')],
    ['preflight-imports', 'src/preflight/breach-b.ts', importing('../engine/planted.ts')],
    ['tensor-imports', 'src/tensor/breach-c.ts', importing('../contract/planted.ts')],
    ['engine-imports', 'src/engine/breach-d.ts', importing('../plan/planted.ts')],
    ['checkpoint-imports', 'src/checkpoint/breach-e.ts', importing('../record/planted.ts')],
    [
      'contract-imports-zod-only',
      'src/contract/breach-f.ts',
      "import { hostname } from 'node:os'\nexport { hostname }\n",
    ],
    ['only-ends-join-stages', 'src/report/breach-g.ts', importing('../cli/planted.ts')],
    ['every-file-has-a-room', 'src/breach-h.ts', importing('./contract/planted.ts')],
    ['every-room-has-a-row', 'src/attic/breach-i.ts', importing('../contract/planted.ts')],
    ['no-cycles', 'src/decide/breach-j.ts', importing('./planted-k.ts')],
    ['packages-declared', 'src/report/breach-l.ts', "import fc from 'fast-check'\nexport { fc }\n"],
    ['resolvable', 'src/report/breach-m.ts', "import { gone } from './gone.ts'\nexport { gone }\n"],
  ]
  let planted = { status: null as number | null, text: '' }
  beforeAll(() => {
    const rooms = ['train', 'engine', 'contract', 'plan', 'record', 'cli']
    planted = layers(
      copyWith({
        ...Object.fromEntries(rooms.map((room) => [`src/${room}/planted.ts`, leaf])),
        'src/decide/planted-k.ts': "import { also } from './breach-j.ts'\nexport const planted = () => also\n",
        ...Object.fromEntries(breaches.map(([, file, text]) => [file, text])),
      }),
    )
  })
  test('fail on planted breaches', () => expect(planted.status).toBe(1))
  test.each(breaches)('%s names %s', (rule, file) => {
    expect(planted.text).toMatch(new RegExp(`^${rule}: .*${file}`, 'm'))
  })
  test('name nothing else', () => {
    const named = planted.text.split('\n').filter((line) => /^[\w-]+: /.test(line) && !line.startsWith('layers:'))
    expect(named.filter((line) => !/breach-|planted/.test(line))).toEqual([])
  })

  test('no module read is a failure', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gonogo-layers-'))
    made.push(folder)
    mkdirSync(path.join(folder, 'src'))
    const { status, text } = layers(folder)
    expect(text).toContain('no module was read')
    expect(status).toBe(1)
  })
})

describe('engines', () => {
  const names = [
    ...readFileSync(path.join(root, 'src/engine/index.ts'), 'utf8').matchAll(/^ {4}name: '(\w+)',$/gm),
  ].map((match) => match[1] as string)
  const stages = ['config', 'plan', 'preflight', 'train', 'record', 'decide', 'report']

  test('are two', () => expect(new Set(names)).toEqual(new Set(['embedded', 'torch'])))

  test.each(stages)('%s/ names none of them', (stage) => {
    const sources = globSync(`src/${stage}/**/*.ts`, { cwd: root, exclude: ['**/*.test.ts', '**/*.fixture.ts'] })
    expect(sources.length).toBeGreaterThan(0)
    const naming = sources.filter((file) =>
      new RegExp(`(['"\`])(${names.join('|')})\\1`).test(withoutComments(readFileSync(path.join(root, file), 'utf8'))),
    )
    expect(naming).toEqual([])
  })
})
