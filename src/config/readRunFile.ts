// A run file on disk → LoadedRun: parsed, merged with what it extends, checked, with the place of every value.
// `config:` is not checked here: its schema is the experiment's (checkConfig.ts).
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { dotted, leavesOf, type Path } from '../contract/dotted.ts'
import { GonogoError } from '../contract/errors.ts'
import { anyOf, nearest } from '../contract/nearest.ts'
import { type RunFile, runFile } from '../contract/runFile.ts'
import { explain, type Problem } from './explain.ts'
import { asStated, type Merged, readMerged } from './extends.ts'
import { type Fault, inOrder, type Place, placed, throwFaults } from './faults.ts'
import { wholeSchema } from './runFileSchema.ts'
import { placeOf, readSource, type Source, shownPath } from './source.ts'
import { leaves, type MapTree, plainValue, spanAt, treeAt } from './tree.ts'

/** A run file with everything it extends, every default filled in. */
export type LoadedRun = {
  readonly run: RunFile
  /** What it and the files it extends state, without defaults. */
  readonly stated: Readonly<Record<string, unknown>>
  /** Absolute path of the run file, and the folder it lies in. */
  readonly file: string
  readonly folder: string
  /** Absolute path of the experiment. */
  readonly experiment: string
  /** Dotted path of each value → `file:line:column`, relative to the folder, or `default`. */
  readonly origins: ReadonlyMap<string, string>
  /** The files that were read, the run file first. */
  readonly sources: readonly { readonly file: string; readonly text: string; readonly sha256: string }[]
  /** Where a path is written; for one that is not, the nearest key above it. */
  readonly locate: (path: Path, part: 'key' | 'value') => Place
  /** The folder of the file that states a path, against which it is relative; null where no file states it. */
  readonly statedIn: (path: Path) => string | null
}

const missingFile = async (file: string, cause: unknown): Promise<GonogoError> => {
  const folder = dirname(file)
  const there = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.run.yaml')).sort()
  const near = nearest(basename(file), there) ?? (there.length === 1 ? there[0] : undefined)
  const denied = cause instanceof Error && 'code' in cause && cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR'
  const some = there.length > 8 ? `one of ${there.slice(0, 8).join(', ')}, …` : anyOf(there)
  return new GonogoError('CONFIG_MISSING', 'the run file cannot be read', {
    where: shownPath(file),
    seen: denied ? String(cause.code) : 'no such file',
    expected: there.length === 0 ? 'a YAML file; no *.run.yaml lies in this folder' : some,
    try: near === undefined ? undefined : shownPath(join(folder, near)),
    cause,
  })
}

const readMain = async (file: string): Promise<Source> => {
  try {
    return await readSource(file)
  } catch (error) {
    throw error instanceof GonogoError ? error : await missingFile(file, error)
  }
}

const empty = (source: Source): GonogoError =>
  new GonogoError('CONFIG_EMPTY', 'the run file is empty', {
    where: `${source.shown}:1:1`,
    seen: source.text.trim() === '' ? 'no text' : 'no keys',
    expected: 'gonogo, name, experiment and train.length',
    try: 'gonogo: 1',
  })

/** Problems with the places of what they speak of. */
export const faultsOf = (problems: readonly Problem[], locate: LoadedRun['locate']): Fault[] =>
  inOrder(problems.map(({ path, part, ...words }) => ({ ...words, ...locate(path, part) })))

/** `name` is told apart: a base file may state one, and it does not count. */
const withNameHint = (problem: Problem, merged: Merged): Problem => {
  if (problem.code !== 'CONFIG_REQUIRED' || problem.path.join() !== 'name') return problem
  const stem = basename(merged.sources[0]!.file).replace(/(\.run)?\.ya?ml$/, '')
  const expected = merged.sources.length > 1 ? 'a name of its own: it is never inherited' : 'a name for the run'
  return { ...problem, expected, try: `name: ${stem}` }
}

// not before all is well: starting the hash library takes longer than reading the file
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const originsOf = (run: RunFile, tree: MapTree, folder: string): Map<string, string> => {
  const origins = new Map([...leavesOf(run)].map(({ path }) => [dotted(path), 'default']))
  for (const { path, span } of leaves(tree)) {
    // `checks: {}` states a map that defaults may fill: the leaf below it is what counts
    if (!origins.has(dotted(path))) continue
    origins.set(dotted(path), placeOf(span, relative(folder, span.source.file).split('\\').join('/')))
  }
  return origins
}

/**
 * Reads a run file. Throws one GonogoError (CONFIG_…) that carries every fault found; nothing is guessed or converted.
 *
 * @example const { run, experiment } = await readRunFile('mnist.run.yaml')
 */
export const readRunFile = async (path: string): Promise<LoadedRun> => loadSource(await readMain(resolve(path)))

/** The same for a text that need not be on disk yet. */
export const loadSource = async (source: Source): Promise<LoadedRun> => {
  const merged = await readMerged(source)
  throwFaults(merged.faults)
  if (merged.tree === null || (merged.tree.entries.size === 0 && merged.sources.length === 1)) throw empty(source)
  const { tree } = merged
  const value = plainValue(tree)
  const locate = (at: Path, part: 'key' | 'value') => placed(spanAt(tree, at, part))
  const result = runFile.safeParse(value)
  if (!result.success) {
    const problems = explain({ schema: wholeSchema(null), value }, result.error.issues)
    throwFaults(
      faultsOf(
        problems.map((problem) => withNameHint(problem, merged)),
        locate,
      ),
    )
    throw result.error
  }
  const folder = dirname(source.file)
  const statedIn = (at: Path) => {
    const stated = treeAt(tree, at)
    return stated === undefined ? null : dirname(stated.span.source.file)
  }
  const experiment = resolve(statedIn(['experiment']) ?? folder, result.data.experiment)
  const run = { ...result.data, experiment: asStated(experiment, folder) }
  return Object.freeze({
    run,
    stated: value as Record<string, unknown>,
    file: source.file,
    folder,
    experiment,
    origins: originsOf(run, tree, folder),
    sources: merged.sources.map(({ file, text }) => ({ file, text, sha256: sha256(text) })),
    statedIn,
    locate,
  })
}
