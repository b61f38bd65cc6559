// `extends`: finds the files that a run file builds on, and merges them: maps merge, lists replace.
// What the merged whole must hold is checked elsewhere.
import { readdir, realpath } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { dotted, type Path } from '../contract/dotted.ts'
import { GonogoError } from '../contract/errors.ts'
import { nearest } from '../contract/nearest.ts'
import { errorAt, type Fault, faultAt } from './faults.ts'
import { parseTree } from './parse.ts'
import { readSource, type Source, shownPath } from './source.ts'
import type { Entry, MapTree, ScalarTree } from './tree.ts'

/** Maps that hold one choice of several: a later file's choice replaces the whole, or `steps` would join `epochs`. */
export const choices: ReadonlySet<string> = new Set([
  'train.length',
  'evaluate.every',
  'checkpoint.every',
  'schedule.warmup',
])

/** Each parameter of a sweep is a choice too: `log` beside an inherited `values` would be both. */
const isChoice = (path: Path): boolean =>
  choices.has(dotted(path)) || (path.length === 3 && path[0] === 'sweep' && path[1] === 'space')

/** Keys that belong to the file that states them. */
const own: ReadonlySet<string> = new Set(['extends', 'name'])

/** `over` on top of `base`. */
export const merge = (base: MapTree, over: MapTree, path: Path = []): MapTree => {
  const entries = new Map<string, Entry>(base.entries)
  for (const [name, entry] of over.entries) {
    const below = entries.get(name)?.value
    const at = [...path, name]
    const both = below?.kind === 'map' && entry.value.kind === 'map' && !isChoice(at)
    entries.set(name, both ? { key: entry.key, value: merge(below, entry.value, at) } : entry)
  }
  return { kind: 'map', entries, span: over.span }
}

const without = (tree: MapTree, names: ReadonlySet<string>): MapTree => ({
  ...tree,
  entries: new Map([...tree.entries].filter(([name]) => !names.has(name))),
})

/** The scalars that `extends` names, or faults. */
const targets = (tree: MapTree, faults: Fault[]): ScalarTree[] => {
  const stated = tree.entries.get('extends')?.value
  if (stated === undefined) return []
  return (stated.kind === 'list' ? stated.items : [stated]).filter((item): item is ScalarTree => {
    const good = item.kind === 'scalar' && typeof item.value === 'string' && item.value !== ''
    if (!good) {
      const seen = item.kind === 'scalar' ? String(item.value) : `a ${item.kind}`
      const expected = 'a file (./base.yaml), a file of a package (my-base/base.yaml), or a list of them'
      faults.push(
        faultAt(item.span, 'CONFIG_TYPE', 'extends names files', { seen, expected, try: 'extends: ./base.yaml' }),
      )
    }
    return good
  })
}

const yamlFiles = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => /\.ya?ml$/.test(name)).sort()

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'MODULE_NOT_FOUND'].includes(String(error.code))

const packageOf = (name: string): string => name.split('/', name.startsWith('@') ? 2 : 1).join('/')

/** Says why the file that `extends` names cannot be had, and what is near. */
const missing = async (stated: ScalarTree, file: string, cause: unknown): Promise<GonogoError> => {
  const name = String(stated.value)
  const folder = dirname(stated.span.source.file)
  const reason = isMissing(cause) || !(cause instanceof Error) ? 'no such file' : cause.message.split('\n')[0]!
  const there = await yamlFiles(isPath(name) ? dirname(file) : folder)
  const near = nearest(basename(name), there)
  const suggestion = near === undefined ? undefined : `extends: ${asStated(join(dirname(file), near), folder)}`
  const install = there.includes(name) ? `extends: ./${name}` : `npm install ${packageOf(name)}`
  const path = {
    seen: `${name}: ${reason} (${shownPath(file)})`,
    expected: 'a file, relative to this one',
    try: suggestion,
  }
  const inPackage = {
    seen: `${name}: ${reason} in the packages of ${shownPath(folder)}`,
    expected: 'a package and a file in it, or a path that starts with ./',
    try: install,
  }
  const words = isPath(name) ? path : inPackage
  return errorAt(stated.span, 'CONFIG_EXTENDS_MISSING', 'the file to extend cannot be read', words)
}

const isPath = (name: string): boolean => /^\.{0,2}\//.test(name) || isAbsolute(name)

const cycle = (stated: ScalarTree, chain: readonly Source[], file: string): GonogoError => {
  const from = chain.findIndex((source) => source.file === file)
  const round = [...chain.slice(from).map((source) => source.shown), shownPath(file)]
  const words = { seen: round.join(' → '), expected: 'a chain that ends', try: 'remove this extends' }
  return errorAt(stated.span, 'CONFIG_EXTENDS_CYCLE', 'files extend each other in a circle', words)
}

/** Enough for any team; a wider tree is a mistake or an attack. */
const mostFiles = 64

type Gathering = { readonly faults: Fault[]; readonly sources: Source[] }

const gather = async (tree: MapTree, chain: readonly Source[], into: Gathering): Promise<MapTree> => {
  let whole: MapTree | null = null
  for (const stated of targets(tree, into.faults)) {
    const base = await readBase(stated, chain, into)
    if (base === null) continue
    whole = whole === null ? base : merge(whole, base)
  }
  const mine = without(tree, new Set(['extends']))
  return whole === null ? mine : merge(without(whole, own), mine)
}

const readBase = async (stated: ScalarTree, chain: readonly Source[], into: Gathering): Promise<MapTree | null> => {
  const name = String(stated.value)
  const from = stated.span.source.file
  let file = resolve(dirname(from), name)
  let source: Source
  try {
    if (!isPath(name)) file = createRequire(from).resolve(name)
    // by its real path, or a link would hide a circle
    file = await realpath(file)
    if (chain.some((earlier) => earlier.file === file)) throw cycle(stated, chain, file)
    source = await readSource(file)
  } catch (error) {
    if (error instanceof GonogoError && error.code !== 'CONFIG_MISSING') throw error
    throw await missing(stated, file, error)
  }
  into.sources.push(source)
  if (into.sources.length > mostFiles) {
    const words = { seen: `more than ${mostFiles} files`, expected: `at most ${mostFiles}` }
    throw errorAt(stated.span, 'CONFIG_EXTENDS_CYCLE', 'a run file extends too many files', words)
  }
  const tree = readMapTree(source, into.faults)
  return tree === null ? null : gather(tree, [...chain, source], into)
}

/** The map that a file holds; faults where it holds none. An empty base is no fault: it adds nothing. */
const readMapTree = (source: Source, faults: Fault[]): MapTree | null => {
  const parsed = parseTree(source)
  faults.push(...parsed.faults)
  if (parsed.tree === null || parsed.tree.kind === 'map') return parsed.tree
  if (parsed.tree.kind === 'scalar' && parsed.tree.value === null) return null
  const seen = parsed.tree.kind === 'list' ? 'a list' : 'a single value'
  const words = { seen, expected: 'key: value lines', try: 'gonogo: 1' }
  faults.push(faultAt(parsed.tree.span, 'CONFIG_TYPE', 'a run file is a map of keys', words))
  return null
}

export type Merged = {
  readonly tree: MapTree
  /** The run file first, then what it extends, each once a mention. */
  readonly sources: readonly Source[]
  readonly faults: readonly Fault[]
}

/** The run file with everything it extends under it. `tree` is null where the run file itself holds no map. */
export const readMerged = async (source: Source): Promise<Merged | { tree: null; faults: readonly Fault[] }> => {
  const into: Gathering = { faults: [], sources: [source] }
  const tree = readMapTree(source, into.faults)
  if (tree === null) return { tree: null, faults: into.faults }
  const real = { ...source, file: await realpath(source.file).catch(() => source.file) }
  return { tree: await gather(tree, [real], into), ...into }
}

/** `../experiment.ts` as a run file in `folder` would write it: forward slashes, never a bare name. */
export const asStated = (file: string, folder: string): string => {
  const path = relative(folder, file).split('\\').join('/')
  return path.startsWith('../') || isAbsolute(path) ? path : `./${path}`
}
