// The content of run files with the place of every key and value: what merging works on and errors point into.
// Frozen data and plain reading; parsing is in parse.ts.
import type { Path } from '../contract/dotted.ts'
import type { Span } from './source.ts'

export type Entry = { readonly key: Span; readonly value: Tree }

export type MapTree = { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Entry>; readonly span: Span }
export type ListTree = { readonly kind: 'list'; readonly items: readonly Tree[]; readonly span: Span }
export type ScalarTree = {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** Written in quotes or as a block of text. */
  readonly quoted: boolean
  readonly span: Span
}
export type Tree = MapTree | ListTree | ScalarTree

/** The plain value: what a schema checks. Keys become own properties whatever their name. */
export const plainValue = (tree: Tree): unknown => {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(plainValue)
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plainValue(entry.value)]))
}

/** The value at a path, or undefined. */
export const treeAt = (tree: Tree, path: Path): Tree | undefined => {
  let at: Tree | undefined = tree
  for (const part of path) {
    if (at?.kind === 'map') at = at.entries.get(String(part))?.value
    else if (at?.kind === 'list') at = at.items[Number(part)]
    else return undefined
  }
  return at
}

/** Where a path is written: maps and lists by their key. For a path that is not there, the nearest key above it. */
export const spanAt = (tree: Tree, path: Path, part: 'key' | 'value'): Span => {
  let at: Tree = tree
  let key = tree.span
  for (const [depth, step] of path.entries()) {
    const next: Tree | undefined = treeAt(at, [step])
    if (next === undefined) return depth === 0 ? firstKey(tree) : key
    key = at.kind === 'map' ? (at.entries.get(String(step))?.key ?? next.span) : next.span
    at = next
  }
  if (path.length === 0) return firstKey(tree)
  return part === 'key' || at.kind !== 'scalar' ? key : at.span
}

const firstKey = (tree: Tree): Span =>
  tree.kind === 'map' ? ([...tree.entries.values()][0]?.key ?? tree.span) : tree.span

/** Every value that stands by itself: scalars, lists, and maps without keys. */
export function* leaves(tree: Tree, path: Path = []): Generator<{ path: Path; span: Span }> {
  if (tree.kind !== 'map' || tree.entries.size === 0) yield { path, span: tree.span }
  else for (const [key, entry] of tree.entries) yield* leaves(entry.value, [...path, key])
}
