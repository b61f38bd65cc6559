// Imports an experiment.ts: TypeScript on load, enums too; notes every file and package that was loaded.
// gonogo itself is always the copy that runs, wherever the project's own may lie.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire, registerHooks, stripTypeScriptTypes } from 'node:module'
import { basename, dirname, extname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { GonogoError } from '../../contract/errors.ts'
import type { SourceFile } from '../../contract/plan.ts'
import { type Experiment, isExperiment } from '../../experiment/experiment.ts'

const own = extname(import.meta.url)
const ownRoot = fileURLToPath(new URL('../..', import.meta.url))
const entries = new Map([
  ['gonogo', 'index'],
  ['gonogo/tensor', 'tensor/index'],
  ['gonogo/data', 'data/index'],
  // what a check is written with; the tests around it need a test runner, which no worker has
  ['gonogo/testing', 'experiment/own-check'],
])

export type Loaded = {
  readonly experiment: Experiment
  /** Files of the project in the order they were loaded, relative to the experiment's folder. */
  readonly code: () => SourceFile[]
  /** `file:line` of the parts of the experiment: model, data, optimizer, loss, config, task. */
  readonly where: () => Record<string, string>
  /** `file:line` of the first line of the project that begins with one of these words; null where none does. */
  readonly lineOf: (start: RegExp) => string | null
  /** name → version. */
  readonly packages: () => Record<string, string>
  /** `file:line:column` of the first frame of the user's own code in an error, or null. */
  readonly userFrame: (error: unknown) => string | null
}

/** Loads TypeScript and JavaScript files of projects from now on. Call once a process. */
export const load = async (path: string): Promise<Loaded> => {
  const folder = dirname(path)
  const sources = new Map<string, string>()
  const packages = new Map<string, string>()
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const entry = entries.get(specifier)
      if (entry !== undefined && !isOwn(context.parentURL))
        return { url: new URL(`../../${entry}${own}`, import.meta.url).href, shortCircuit: true }
      try {
        return next(specifier, context)
      } catch (error) {
        // the schema library of an experiment may be ours
        if (specifier !== 'zod') throw error
        return { url: pathToFileURL(createRequire(import.meta.url).resolve('zod')).href, shortCircuit: true }
      }
    },
    load: (url, context, next) => {
      if (!url.startsWith('file:') || isOwn(url)) return next(url, context)
      const file = fileURLToPath(url)
      if (file.includes(`${sep}node_modules${sep}`)) {
        notePackage(file, packages)
        return next(url, context)
      }
      const bytes = readFileSync(file)
      sources.set(file, createHash('sha256').update(bytes).digest('hex'))
      if (!/\.m?ts$/.test(file)) return next(url, context)
      return { format: 'module', source: javascript(bytes.toString('utf8'), file), shortCircuit: true }
    },
  })
  void hooks
  const userFrame = (error: unknown): string | null => frameIn(error, sources)
  const imported = await importFrom(path, userFrame)
  const experiment: unknown = imported.default
  if (!isExperiment(experiment))
    throw new GonogoError('EXPERIMENT_EXPORT', 'the experiment exports no experiment', {
      where: `${path}:1:1`,
      seen: describeExports(imported),
      expected: 'export default defineExperiment({ … })',
      try: 'write export default before defineExperiment(',
    })
  return {
    experiment,
    code: () => [...sources].map(([file, sha256]) => ({ path: relative(folder, file) || basename(file), sha256 })),
    where: () => partsOf(path),
    lineOf: (start) => lineIn([path, ...sources.keys()], start, folder),
    packages: () => Object.fromEntries([...packages].sort(([a], [b]) => (a < b ? -1 : 1))),
    userFrame,
  }
}

const parts = ['config', 'task', 'data', 'model', 'loss', 'optimizer', 'frozen', 'checks']

/** First line of the file that starts with the part's name as a property. */
const partsOf = (path: string): Record<string, string> => {
  const lines = readFileSync(path, 'utf8').split('\n')
  const found: [string, string][] = []
  for (const part of parts) {
    const at = lines.findIndex((line) => new RegExp(`^\\s*(async\\s+)?${part}\\s*[:(]`).test(line))
    if (at >= 0) found.push([part, `${basename(path)}:${at + 1}`])
  }
  return Object.fromEntries(found)
}

const lineIn = (files: readonly string[], start: RegExp, folder: string): string | null => {
  for (const file of files) {
    const at = readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => start.test(line))
    if (at >= 0) return `${relative(folder, file) || basename(file)}:${at + 1}`
  }
  return null
}

const isOwn = (url: string | undefined): boolean => url?.startsWith('file:') === true && isOurFile(fileURLToPath(url))
const isOurFile = (file: string): boolean => file.startsWith(ownRoot)

const importFrom = async (path: string, frame: (error: unknown) => string | null): Promise<Record<string, unknown>> => {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>
  } catch (error) {
    if (error instanceof GonogoError) throw error
    throw new GonogoError('EXPERIMENT_IMPORT', 'the experiment could not be imported', {
      where: frame(error) ?? path,
      seen: error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error),
      expected: 'a module that imports without an error',
      trace: error instanceof Error ? error.stack : undefined,
      cause: error,
    })
  }
}

const describeExports = (imported: Record<string, unknown>): string => {
  const names = Object.keys(imported)
  return names.length === 0 ? 'no export at all' : `exports ${names.join(', ')}`
}

/** Types out; columns stay. A TypeScript `enum` has code, so a file with one is transformed, with a source map. */
const javascript = (source: string, file: string): string => {
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
      return stripTypeScriptTypes(source, { mode: 'transform', sourceMap: true, sourceUrl: pathToFileURL(file).href })
    }
    throw new GonogoError('EXPERIMENT_SYNTAX', 'the experiment has a syntax error', {
      where: file,
      seen: error instanceof Error ? error.message.trim() : String(error),
      expected: 'TypeScript',
      cause: error,
    })
  }
}

const notePackage = (file: string, packages: Map<string, string>): void => {
  const at = file.lastIndexOf(`${sep}node_modules${sep}`) + `${sep}node_modules${sep}`.length
  const parts = file.slice(at).split(sep)
  const name = parts[0]?.startsWith('@') ? `${parts[0]}/${parts[1]}` : (parts[0] ?? '')
  if (packages.has(name)) return
  try {
    const text = readFileSync(join(file.slice(0, at), name, 'package.json'), 'utf8')
    packages.set(name, (JSON.parse(text) as { version?: string }).version ?? 'unknown')
  } catch {
    packages.set(name, 'unknown')
  }
}

const frameIn = (error: unknown, files: ReadonlyMap<string, string>): string | null => {
  if (!(error instanceof Error)) return null
  for (const line of error.stack?.split('\n') ?? []) {
    const match = /(?:file:\/\/)?(\/[^():]+|[A-Za-z]:\\[^():]+):(\d+):(\d+)\)?$/.exec(line.trim())
    if (match && files.has(match[1] as string)) return `${match[1]}:${match[2]}:${match[3]}`
  }
  return null
}
