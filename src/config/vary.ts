// Writes a new run file that extends another and states only what differs. Never changes an existing file.
// The changes are YAML as a person would write them: typed by YAML, checked merged, told at fault before anything is written.
import { createHash, randomBytes } from 'node:crypto'
import { link, open, realpath, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { GonogoError } from '../contract/errors.ts'
import type { Description } from '../contract/facts.ts'
import { checkConfig } from './checkConfig.ts'
import { nameFrom } from './explain.ts'
import { asStated } from './extends.ts'
import { parseTree } from './parse.ts'
import { type LoadedRun, loadSource, readRunFile } from './readRunFile.ts'
import { shownPath, sizeLimit, sourceOf } from './source.ts'
import { plainValue, type Tree } from './tree.ts'

/** One change: `config.width=32`. `text` is its YAML, on one line. */
type Change = { readonly path: readonly string[]; readonly text: string }

const refused = (assignment: string, message: string, expected: string): GonogoError =>
  new GonogoError('VARY_ASSIGNMENT', message, {
    where: `assignment ${assignment.slice(0, 200)}`,
    seen: assignment.slice(0, 200),
    expected,
    try: 'gonogo vary base.run.yaml config.learning_rate=3e-4 -o new.run.yaml',
  })

/** A number stays as it was typed (`3e-4`); everything else is written so that it reads back the same. */
const written = (tree: Tree, typed: string): string => {
  if (tree.kind === 'scalar' && typeof tree.value !== 'string') return typed
  return stringify(plainValue(tree), { collectionStyle: 'flow', lineWidth: 0, version: '1.2' }).trimEnd()
}

const fixed: ReadonlyMap<string, string> = new Map([
  ['gonogo', 'the version is the base file’s'],
  ['extends', 'the new file extends the one given'],
])

const readChange = (assignment: string): Change => {
  const at = assignment.indexOf('=')
  const key = assignment.slice(0, Math.max(at, 0)).trim()
  const typed = assignment.slice(at + 1).trim()
  const path = key.split('.')
  if (at < 0 || path.some((part) => !/^[\p{L}\p{N}_-]+$/u.test(part))) {
    throw refused(assignment, 'a change is key=value', 'a dotted key, =, a YAML value')
  }
  const why = fixed.get(path[0]!)
  if (why !== undefined) throw refused(assignment, `${path[0]} cannot be varied: ${why}`, 'another key')
  if (/[\r\n]/.test(typed)) throw refused(assignment, 'a value stands on one line', 'a scalar, [a, b] or {a: b}')
  const parsed = parseTree(sourceOf(resolve('assignment'), `v: ${typed}\n`))
  const tree = parsed.tree?.kind === 'map' ? parsed.tree.entries.get('v')?.value : undefined
  const [fault] = parsed.faults
  if (fault !== undefined || tree === undefined) {
    throw refused(assignment, fault?.message ?? 'this is no value', fault?.expected ?? 'a YAML value')
  }
  return {
    path,
    text: written(tree, tree.kind === 'scalar' && tree.value === null ? 'null' : typed.replace(/\s+#.*$/, '')),
  }
}

type Nest = Map<string, Nest | string>

const nested = (changes: readonly Change[]): Nest => {
  const root: Nest = new Map()
  for (const { path, text } of changes) {
    let at = root
    for (const [depth, part] of path.entries()) {
      const below = at.get(part)
      const last = depth === path.length - 1
      if (below !== undefined && (last || typeof below === 'string')) {
        throw refused(`${path.join('.')}=${text}`, 'a key is set twice', 'each key once')
      }
      const next: Nest = below instanceof Map ? below : new Map()
      at.set(part, last ? text : next)
      at = next
    }
  }
  return root
}

const keyText = (key: string): string =>
  /^[A-Za-z_][\w-]*$/.test(key) && !/^(null|true|false)$/i.test(key) ? key : JSON.stringify(key)

const block = (nest: Nest, indent = ''): string =>
  [...nest]
    .map(([key, value]) =>
      typeof value === 'string'
        ? `${indent}${keyText(key)}: ${value}\n`
        : `${indent}${keyText(key)}:\n${block(value, `${indent}  `)}`,
    )
    .join('')

/** The base's name and the changes, within the rule for names: `mnist-cnn-width-32`. */
const nameOf = (base: string, changes: readonly Change[]): string => {
  const words = ({ path, text }: Change) => `${path.at(-1)}-${text.replaceAll(/[\s"'[\]{},:]+/g, ' ').trim()}`
  const full = [base, ...changes.map(words)].join('-')
  const name = nameFrom(full.slice(0, 1000))
  if (full.length <= 64) return name
  // too long to be told apart by its start: a digest of all changes ends it
  const all = changes.map(({ path, text }) => `${path.join('.')}=${text}`).join(' ')
  const digest = createHash('sha256').update(all).digest('hex').slice(0, 8)
  return `${nameFrom(name.slice(0, 55))}-${digest}`
}

const exists = (out: string): GonogoError =>
  new GonogoError('VARY_EXISTS', 'the file exists already; vary never overwrites', {
    where: shownPath(out),
    seen: 'an existing file',
    expected: 'a new name',
    try: `-o ${shownPath(out).replace(/(\.run)?\.ya?ml$/, '-2.run.yaml')}`,
  })

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error
    ? String(error.code)
    : error instanceof Error
      ? error.message
      : String(error)

/** The whole file or none: written beside, synced, then linked to its name, which fails where the name is taken. */
const publish = async (out: string, text: string): Promise<void> => {
  const beside = join(dirname(out), `.${basename(out)}.${randomBytes(6).toString('hex')}`)
  try {
    await using file = await open(beside, 'wx')
    await file.writeFile(text)
    await file.sync()
    await link(beside, out)
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw exists(out)
    throw new GonogoError('VARY_WRITE', 'the new run file cannot be written', {
      where: shownPath(out),
      seen: codeOf(cause),
      expected: 'a folder that exists and can be written',
      try: `mkdir -p ${shownPath(dirname(out))}`,
      cause,
    })
  } finally {
    await unlink(beside).catch(() => undefined)
  }
  await using folder = await open(dirname(out))
  await folder.sync()
}

const compose = async (base: LoadedRun, changes: readonly Change[], out: string): Promise<string> => {
  const named = changes.find(({ path }) => path.join() === 'name')
  const others = changes.filter((change) => change !== named)
  const name = named?.text ?? JSON.stringify(nameOf(base.run.name, others)).replace(/^"(?=[A-Za-z])(.*)"$/, '$1')
  // through links, `..` would lead elsewhere: both ends are real folders
  const folder = await realpath(dirname(out)).catch(() => dirname(out))
  const file = await realpath(base.file)
  return `gonogo: 1\nname: ${name}\nextends: ${stringify(asStated(file, folder)).trim()}\n${block(nested(others))}`
}

const checkUnwritten = async (out: string, text: string, description: Description | null): Promise<void> => {
  try {
    const merged = await loadSource(sourceOf(out, text))
    if (description !== null) checkConfig(merged, description)
  } catch (error) {
    if (!(error instanceof GonogoError)) throw error
    throw new GonogoError(error.code, error.message, { ...error.report(), where: `${error.where} (not written)` })
  }
}

/**
 * Writes `out`: a run file that extends `file` and holds only the changes. Returns the absolute path of the new file.
 * The merged result is checked first, its `config` too where the experiment's description is given.
 *
 * @example await vary('mnist.run.yaml', ['config.width=32'], 'wide.run.yaml')
 */
export const vary = async (
  file: string,
  assignments: readonly string[],
  out: string,
  description: Description | null = null,
): Promise<string> => {
  const changes = assignments.map(readChange)
  if (changes.length === 0) throw refused('', 'nothing to vary', 'at least one key=value')
  const target = resolve(out)
  const base = await readRunFile(file)
  const text = await compose(base, changes, target)
  if (text.length > sizeLimit) throw refused(assignments[0]!, 'the changes are too large', `${sizeLimit} bytes at most`)
  await checkUnwritten(target, text, description)
  await publish(target, text)
  return target
}
