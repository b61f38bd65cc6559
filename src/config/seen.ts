// How a wrong value is shown, and the line to write instead where that is certain.
// It never changes a value: `"2e-5"` stays text, and the reader is told.

import type { Path } from '../contract/dotted.ts'
import { nearest } from '../contract/nearest.ts'
import { type JsonSchema, optionsOf } from './shape.ts'

const longest = 60
const short = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/** The value and its type: `"2e-5" (text)`. */
export const seenWords = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null (nothing)'
  if (typeof value === 'string') return `${short(JSON.stringify(value))} (text)`
  if (typeof value === 'number') return `${value} (a number)`
  if (typeof value === 'boolean') return `${value} (a boolean)`
  if (Array.isArray(value)) return `a list of ${value.length}`
  const keys = Object.keys(value)
  return keys.length === 0 ? 'a map without keys' : short(`a map with ${keys.join(', ')}`)
}

const words: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ yes: true, on: true, y: true, true: true, no: false, off: false, n: false, false: false }),
)
const nulls: ReadonlySet<string> = new Set(['none', 'nil', 'null', 'nan', '~', ''])
const number = /^[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?$/

/** What the text would be if it were written plainly, as one of the types allowed here. */
const fromText = (text: string, types: ReadonlySet<unknown>): string | undefined => {
  const bare = text.trim()
  const plain = bare.replaceAll('_', '')
  if (number.test(bare) && (types.has('number') || (types.has('integer') && Number.isInteger(Number(plain)))))
    return plain
  const truth = words.get(bare.toLowerCase())
  if (types.has('boolean') && truth !== undefined) return String(truth)
  return types.has('null') && nulls.has(bare.toLowerCase()) ? 'null' : undefined
}

/** Why a text that looks like something else is text; undefined where it does not. */
export const textReason = (value: unknown, schemas: readonly JsonSchema[]): string | undefined => {
  if (typeof value !== 'string') return undefined
  const types = new Set(schemas.filter((schema) => !Array.isArray(schema.enum)).map((schema) => schema.type))
  const bare = value.trim()
  if (types.has('boolean') && words.has(bare.toLowerCase())) {
    return `${short(bare)} is text in YAML 1.2; a boolean is written true or false`
  }
  if (!types.has('number') && !types.has('integer')) return undefined
  if (number.test(bare)) return `${short(bare)} is text here: quotes or underscores make no number`
  return /^[-+]?[\d.]+[eE]/.test(bare) ? `${short(bare)} is no complete number, so it is text` : undefined
}

const written = (value: unknown): string =>
  typeof value === 'string' && /^[A-Za-z_][\w.-]*$/.test(value) ? value : JSON.stringify(value)

const instead = (value: unknown, schemas: readonly JsonSchema[]): string | undefined => {
  const options = optionsOf(schemas)
  if (value === undefined) return options.length === 1 ? written(options[0]) : undefined
  const same = options.find((option) => String(option) === String(value))
  if (same !== undefined) return typeof same === 'string' ? JSON.stringify(same) : String(same)
  const texts = options.filter((option) => typeof option === 'string')
  if (typeof value === 'string') {
    const near = nearest(value, texts)
    return near === undefined ? fromText(value, new Set(schemas.map((schema) => schema.type))) : written(near)
  }
  const free = schemas.some((schema) => schema.type === 'string' && !Array.isArray(schema.enum) && !('const' in schema))
  return free && (typeof value === 'number' || typeof value === 'boolean') ? `"${value}"` : undefined
}

/** The line to write instead, `learning_rate: 2e-5`; undefined where that would be a guess. */
export const hintFor = (path: Path, value: unknown, schemas: readonly JsonSchema[]): string | undefined => {
  const text = instead(value, schemas)
  const key = path.at(-1)
  return text === undefined || typeof key !== 'string' ? text : `${key}: ${text}`
}
