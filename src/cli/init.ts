// `gonogo init DIR`: a complete small project from a template, in a new or empty folder.
// Not an installer: it runs nothing, and touches nothing that is there.
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { type ExitCode, exitCodes, GonogoError } from '../contract/errors.ts'
import { nearest } from '../contract/nearest.ts'
import { documentText } from '../report/documents.ts'
import { nextLines, shellWord } from '../report/lines.ts'
import { ownVersion } from '../surroundings.ts'
import { ownDependency } from './own-dependency.ts'
import { shownPath } from './paths.ts'
import { description, packageRoot, type Template, templates } from './templates.ts'
import type { Terminal } from './terminal.ts'

/** npm leaves files of these names out of a package or reads them itself, so templates carry them under others. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['gitignore', '.gitignore'],
  ['npmrc', '.npmrc'],
  ['package.template.json', 'package.json'],
])

/** What an empty folder may hold: a fresh repository is one. */
const harmless: ReadonlySet<string> = new Set(['.git', '.DS_Store'])

/** `My project!` → `my-project`: what npm takes as a name. */
export const projectName = (folder: string): string => {
  const name = basename(folder)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[-.]+$/g, '')
    .slice(0, 214)
  return name === '' || name === 'gonogo' || name === 'node_modules' ? `${name || 'my'}-project` : name
}

const templateNamed = (wanted: string | undefined): Template => {
  const all = templates()
  const found = wanted === undefined ? all[0] : all.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  const names = all.map(({ name }) => name)
  throw new GonogoError('INIT_TEMPLATE', 'there is no such template', {
    where: '--template',
    seen: wanted,
    expected: names.join(', '),
    try: `--template ${nearest(wanted ?? '', names) ?? names[0]}`,
  })
}

/** Whether the folder has to be made. Throws where something is in the way. */
const mustBeMade = async (folder: string, dir: string): Promise<boolean> => {
  const there = await stat(folder).catch(() => null)
  if (there === null) return true
  if (!there.isDirectory())
    throw new GonogoError('INIT_NOT_A_FOLDER', 'there is a file of this name', {
      where: dir,
      try: `gonogo init ${dir}-project`,
    })
  const names = (await readdir(folder)).filter((name) => !harmless.has(name)).sort()
  if (names.length === 0) return false
  const shown = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
  throw new GonogoError('INIT_NOT_EMPTY', 'the folder is not empty; init overwrites nothing', {
    where: dir,
    seen: shown,
    expected: 'a new or an empty folder',
    try: `gonogo init ${shellWord(join(dir, 'my-project'))}`,
  })
}

/** Names that are a development clone's own, and no part of a template. */
const left: ReadonlySet<string> = new Set([
  ...['node_modules', 'runs', '.gonogo', 'package-lock.json', '__pycache__', '.pytest_cache', '.venv'],
  description,
])

/** The project's name, and which gonogo it asks npm or pip for, in double braces in one of these. */
const fillIn = async (folder: string, name: string): Promise<void> => {
  if (name !== 'package.json' && name !== 'requirements.txt') return
  const npm = name === 'package.json'
  const gonogo = npm ? await ownDependency(packageRoot, folder) : `gonogo>=${await ownVersion()}`
  const values = new Map([
    ['name', projectName(folder)],
    ['gonogo', gonogo],
  ])
  const file = join(folder, name)
  const filled = (await readFile(file, 'utf8')).replace(/\{\{(\w+)\}\}/g, (whole, key: string) => {
    const value = values.get(key) ?? whole
    return npm ? JSON.stringify(value).slice(1, -1) : value
  })
  await writeFile(`${file}.new`, filled)
  await rename(`${file}.new`, file)
}

/** Fills `folder`. Everything or nothing: what was written goes again when something fails. */
const fill = async (template: string, folder: string): Promise<string[]> => {
  const written: string[] = []
  try {
    for (const name of (await readdir(template)).filter((entry) => !left.has(entry)).sort()) {
      const target = join(folder, renamed.get(name) ?? name)
      written.push(target)
      await cp(join(template, name), target, { recursive: true, errorOnExist: true, force: false })
      await fillIn(folder, renamed.get(name) ?? name)
    }
    return written
  } catch (error) {
    for (const path of written) await rm(path, { recursive: true, force: true })
    throw error
  }
}

export const init = async (dir: string, o: { template?: string }, terminal: Terminal): Promise<ExitCode> => {
  const folder = resolve(dir)
  const template = templateNamed(o.template)
  const isNew = await mustBeMade(folder, dir)
  if (isNew) await mkdir(folder, { recursive: true })
  const files = await fill(template.folder, folder).catch(async (error: unknown) => {
    if (isNew) await rm(folder, { recursive: true, force: true })
    throw error
  })
  const names = files.map((path) => relative(folder, path))
  const look = terminal.look()
  const here = relative(process.cwd(), folder) === ''
  terminal.result([
    `${look.colour.go('WROTE')}  ${shownPath(folder)}: ${names.join(', ')}`,
    // Inside the project its own commands count, not the one that made it.
    ...nextLines([...(here ? [] : [`cd ${shellWord(shownPath(folder))}`]), ...template.next], look),
  ])
  terminal.document(documentText({ folder, template: template.name, files: names }))
  return exitCodes.done
}
