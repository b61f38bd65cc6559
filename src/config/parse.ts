// YAML text → Tree: YAML 1.2 core schema, one document, known tags only, each key once, aliases within a budget.
// Not the meaning of any key; that is the schema's.
import { isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { type Fault, faultAt, type Words } from './faults.ts'
import type { Source, Span } from './source.ts'
import { syntaxFault } from './syntax.ts'
import type { Entry, ListTree, MapTree, Tree } from './tree.ts'

/** A run file has about four levels; past this, a reader and the stack are lost. */
const deepest = 64
/** Values that aliases may stand for in one file, all together. */
const aliasBudget = 10_000

/** These say what is there anyway. `!!int "5"` would convert, and nothing is ever converted here. */
const plainTags: ReadonlySet<string> = new Set(['str', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`))

type Anchored = { tree: Tree; size: number } | 'open'
type Reading = {
  readonly source: Source
  readonly faults: Fault[]
  readonly anchors: Map<string, Anchored>
  aliased: number
}
type Read = { readonly tree: Tree; readonly size: number }

const spanOf = (reading: Reading, node: unknown, fallback: Span): Span => {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  if (!Array.isArray(range) || typeof range[0] !== 'number' || typeof range[1] !== 'number') return fallback
  return { source: reading.source, start: range[0], end: range[1] }
}

const nothing = (span: Span): Tree => ({ kind: 'scalar', value: null, quoted: false, span })

/** More than a person mends at once; a hostile file has millions. */
const mostFaults = 100

const tell = (reading: Reading, span: Span, code: string, message: string, words: Words): void => {
  if (reading.faults.length < mostFaults) reading.faults.push(faultAt(span, code, message, words))
}

const readTag = (reading: Reading, tag: string | undefined, span: Span): void => {
  if (tag === undefined || plainTags.has(tag)) return
  const { text } = reading.source
  // the tag stands before the value, with at most an anchor and white space between
  const before = text.slice(Math.max(0, span.start - 300), span.start)
  const written = /(![^\s]*)(?:\s+&\S+)?\s*$/.exec(before)
  const start = written === null ? span.start : span.start - written[0].length
  const end = written === null ? span.end : start + written[1]!.length
  const seen = text.slice(start, end)
  tell(reading, { source: reading.source, start, end }, 'CONFIG_TAG', 'a run file holds plain values, no tags', {
    seen,
    expected: 'a plain value; tags that make objects or run code are refused',
    try: `remove ${seen}`,
  })
}

const aliasFault = (reading: Reading, span: Span, message: string, seen: string, expected: string): Read => {
  tell(reading, span, 'CONFIG_ALIAS', message, { seen, expected })
  return { tree: nothing(span), size: 1 }
}

const readAlias = (reading: Reading, name: string, span: Span): Read => {
  const target = reading.anchors.get(name)
  if (target === undefined) {
    if (reading.faults.length >= mostFaults) return { tree: nothing(span), size: 1 }
    const known = [...reading.anchors.keys()].map((anchor) => `*${anchor}`)
    const expected = known.length === 0 ? `&${name} on an earlier value` : `one of ${known.slice(0, 10).join(', ')}`
    return aliasFault(reading, span, 'no earlier value has this anchor', `*${name}`, expected)
  }
  if (target === 'open') {
    return aliasFault(reading, span, 'a value contains itself', `*${name} inside &${name}`, 'a value that ends')
  }
  reading.aliased += target.size
  if (reading.aliased > aliasBudget) {
    // said once: every later alias would repeat it
    if (reading.aliased - target.size > aliasBudget) return { tree: nothing(span), size: 1 }
    const expected = `at most ${aliasBudget} values through aliases`
    return aliasFault(reading, span, 'aliases stand for too many values', `${reading.aliased} values so far`, expected)
  }
  return target
}

const keyOf = (reading: Reading, pair: Pair, parent: Span): { name: string; span: Span; plain: boolean } | null => {
  const span = spanOf(reading, pair.key, parent)
  if (!isScalar(pair.key) || pair.key.range === undefined || pair.key.range === null || span.start === span.end) {
    tell(reading, span, 'CONFIG_SYNTAX', 'a key must be a word', { seen: 'no plain word', expected: 'key: value' })
    return null
  }
  readTag(reading, pair.key.tag, span)
  const plain = pair.key.type === 'PLAIN'
  const name = plain ? (pair.key.source ?? String(pair.key.value)) : String(pair.key.value)
  if (name !== '__proto__') return { name, span, plain }
  tell(reading, span, 'CONFIG_UNKNOWN_KEY', 'no setting may be called __proto__', {
    seen: name,
    expected: 'another name',
  })
  return null
}

/** `<<: *base` and `<<: [*a, *b]`: what is written beside it wins, then the first of the list. */
const merged = (reading: Reading, own: Map<string, Entry>, merges: readonly Tree[]): Map<string, Entry> => {
  for (const tree of merges) {
    for (const part of tree.kind === 'list' ? tree.items : [tree]) {
      if (part.kind !== 'map') {
        const seen = part.kind === 'list' ? 'a list' : 'a value'
        tell(reading, part.span, 'CONFIG_ALIAS', '<< merges maps only', { seen, expected: '<<: *anchor of a map' })
        continue
      }
      for (const [name, entry] of part.entries) if (!own.has(name)) own.set(name, entry)
    }
  }
  return own
}

const readMap = (reading: Reading, map: YAMLMap, span: Span, depth: number): Read => {
  const entries = new Map<string, Entry>()
  const merges: Tree[] = []
  let size = 1
  for (const pair of map.items) {
    const key = keyOf(reading, pair, span)
    if (key === null) continue
    const value = readNode(reading, pair.value, { ...key.span, start: key.span.end }, depth + 1)
    size += value.size
    if (key.name === '<<' && key.plain) {
      merges.push(value.tree)
      continue
    }
    const first = entries.get(key.name)
    if (first === undefined) {
      entries.set(key.name, { key: key.span, value: value.tree })
      continue
    }
    const line = reading.source.lines.linePos(first.key.start).line
    tell(reading, key.span, 'CONFIG_DUPLICATE_KEY', `${key.name} is set twice`, {
      seen: `${key.name} here and in line ${line}`,
      expected: 'each key once',
      try: 'remove one of the two',
    })
  }
  const tree: MapTree = { kind: 'map', entries: merged(reading, entries, merges), span }
  return { tree, size }
}

const readNode = (reading: Reading, node: unknown, fallback: Span, depth: number): Read => {
  const span = spanOf(reading, node, fallback)
  if (depth > deepest) {
    if (depth === deepest + 1) {
      const words = { seen: `more than ${deepest} levels`, expected: `at most ${deepest}` }
      tell(reading, span, 'CONFIG_SYNTAX', 'values are nested too deeply', words)
    }
    return { tree: nothing(span), size: 1 }
  }
  if (isAlias(node)) return readAlias(reading, node.source, span)
  const tagged = isScalar(node) || isMap(node) || isSeq(node) ? node : null
  if (tagged === null) return { tree: nothing(span), size: 1 }
  readTag(reading, tagged.tag, span)
  if (tagged.anchor !== undefined) reading.anchors.set(tagged.anchor, 'open')
  const read = readTagged(reading, tagged, span, depth)
  if (tagged.anchor !== undefined) reading.anchors.set(tagged.anchor, read)
  return read
}

const readTagged = (reading: Reading, node: unknown, span: Span, depth: number): Read => {
  if (isMap(node)) return readMap(reading, node, span, depth)
  if (isSeq(node)) {
    const items = node.items.map((item) => readNode(reading, item, span, depth + 1))
    const tree: ListTree = { kind: 'list', items: items.map((item) => item.tree), span }
    return { tree, size: items.reduce((sum, item) => sum + item.size, 1) }
  }
  if (!isScalar(node)) return { tree: nothing(span), size: 1 }
  const { value } = node
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
  return { tree: { kind: 'scalar', value: known, quoted: node.type !== 'PLAIN', span }, size: 1 }
}

/** The tree of a YAML text, or null where it holds nothing; with every fault found on the way. */
export const parseTree = (source: Source): { tree: Tree | null; faults: Fault[] } => {
  const document = parseDocument(source.text, {
    version: '1.2',
    schema: 'core',
    // ours takes linear time and says where the first one is
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    // 'silent' would let a second document pass
    logLevel: 'error',
  })
  const [error] = document.errors
  if (error !== undefined) return { tree: null, faults: [syntaxFault(source, error.code, error.pos, error.message)] }
  if (document.directives.yaml.explicit && document.directives.yaml.version !== '1.2') {
    const start = Math.max(0, source.text.indexOf('%YAML'))
    const words = { seen: `%YAML ${document.directives.yaml.version}`, expected: 'YAML 1.2', try: 'remove the line' }
    return {
      tree: null,
      faults: [faultAt({ source, start, end: start + 9 }, 'CONFIG_SYNTAX', 'run files are YAML 1.2', words)],
    }
  }
  if (document.contents === null) return { tree: null, faults: [] }
  const reading: Reading = { source, faults: [], anchors: new Map(), aliased: 0 }
  const whole: Span = { source, start: 0, end: 0 }
  const { tree } = readNode(reading, document.contents, whole, 0)
  return { tree, faults: reading.faults }
}
