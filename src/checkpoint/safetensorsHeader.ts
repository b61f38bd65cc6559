// The JSON header of a safetensors file, which may come from a stranger: everything in it is checked against the file.
// It reads no tensor. What passes here has every byte of the data owned by exactly one tensor.
import type { GonogoError } from '../contract/index.ts'
import { type Dtype, dtypes, elementsOf, isDtype } from './tensorData.ts'

/** The format's own cap, in bytes. */
export const headerLimit = 100_000_000

export type HeaderTensor = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Bytes from the start of the data. */
  readonly offset: number
  readonly bytes: number
}
export type Header = {
  readonly metadata: ReadonlyMap<string, string>
  /** In the order in which their data lies in the file. */
  readonly tensors: ReadonlyMap<string, HeaderTensor>
}
type Refuse = (seen: string, expected: string) => GonogoError

/** JSON.parse lets the last of two equal keys win in silence, so keys are looked at before. Returns the first duplicate. */
export const duplicateKey = (json: string): string | null => {
  const scopes: (Set<string> | null)[] = []
  const string = /"(?:[^"\\]|\\.)*"/y
  let key = false
  for (let i = 0; i < json.length; i++) {
    const c = json[i]
    if (c === '{') scopes.push(new Set())
    else if (c === '[') scopes.push(null)
    else if (c === '}' || c === ']') scopes.pop()
    if (c === '{' || c === ',') key = scopes.at(-1) instanceof Set
    if (c !== '"') continue
    string.lastIndex = i
    const found = string.exec(json)?.[0]
    if (found === undefined) return null // broken JSON: its parser says so
    i += found.length - 1
    if (!key) continue
    key = false
    const name: unknown = JSON.parse(found)
    const scope = scopes.at(-1)
    if (typeof name !== 'string' || !(scope instanceof Set)) continue
    if (scope.has(name)) return name
    scope.add(name)
  }
  return null
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

const readTensor = (name: string, value: unknown, refuse: Refuse): HeaderTensor => {
  const fields = new Map(isObject(value) ? Object.entries(value) : [])
  const [dtype, shape, offsets] = [fields.get('dtype'), fields.get('shape'), fields.get('data_offsets')]
  if (!isDtype(dtype)) {
    throw refuse(`tensor '${name}' of dtype ${shown(dtype)}`, `one of ${Object.keys(dtypes).join(', ')}`)
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw refuse(`tensor '${name}' of shape ${shown(shape)}`, 'a list of whole numbers')
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw refuse(`tensor '${name}' with data_offsets ${shown(offsets)}`, 'two whole numbers')
  }
  if (fields.size !== 3)
    throw refuse(`tensor '${name}' with ${shown([...fields.keys()])}`, 'dtype, shape, data_offsets')
  const [begin = 0, end = 0] = offsets
  const bytes = elementsOf(shape) * dtypes[dtype].bytes
  if (end - begin !== bytes) {
    throw refuse(`tensor '${name}' with ${end - begin} bytes`, `${bytes} for ${dtype} of shape ${shown(shape)}`)
  }
  return { dtype, shape, offset: begin, bytes }
}

const readMetadata = (value: unknown, refuse: Refuse): ReadonlyMap<string, string> => {
  const entries = isObject(value) ? Object.entries(value) : null
  if (entries === null || !entries.every((e): e is [string, string] => typeof e[1] === 'string')) {
    throw refuse(`__metadata__ ${shown(value)}`, 'texts by name')
  }
  return new Map(entries)
}

/** `dataBytes` is what the file holds after the header: the tensors must cover it without hole or overlap. */
export const parseHeader = (text: Uint8Array, dataBytes: number, refuse: Refuse): Header => {
  let json: string
  let parsed: unknown
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(text)
    parsed = JSON.parse(json)
  } catch (error) {
    throw refuse(
      `a header that is no JSON (${error instanceof Error ? error.message : String(error)})`,
      'a JSON object',
    )
  }
  if (!json.startsWith('{') || !isObject(parsed))
    throw refuse(`a header that starts with ${shown(parsed)}`, 'a JSON object')
  const twice = duplicateKey(json)
  if (twice !== null) throw refuse(`'${twice}' twice in one object of the header`, 'each name once')

  const all = new Map(Object.entries(parsed))
  const metadata = all.has('__metadata__') ? readMetadata(all.get('__metadata__'), refuse) : new Map<string, string>()
  all.delete('__metadata__')
  const tensors = [...all].map(([name, value]) => [name, readTensor(name, value, refuse)] as const)
  tensors.sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes)
  let end = 0
  for (const [name, { offset, bytes }] of tensors) {
    if (offset !== end) {
      throw refuse(
        `tensor '${name}' starts at byte ${offset} of the data, ${offset < end ? 'inside the one before' : 'after a hole'}`,
        `byte ${end}`,
      )
    }
    end = offset + bytes
  }
  if (end !== dataBytes) throw refuse(`${dataBytes} bytes of data`, `${end}, where the last tensor ends`)
  return { metadata, tensors: new Map(tensors) }
}
