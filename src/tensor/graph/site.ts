// Where a node was made: the user's stack frame (read lazily) and the layer path.
// Not an error type and not a logger; errors are in error.ts.
import { fileURLToPath } from 'node:url'

/** A call site. `frame()` is 'file:line:column' of the first frame outside this package, or '?' when there is none. */
export interface Site {
  readonly layer: string
  frame(): string
}

const ownFolder = fileURLToPath(new URL('..', import.meta.url))
const isOurs = (file: string): boolean =>
  file.startsWith(ownFolder) && !file.endsWith('.test.ts') && !file.endsWith('.bench.ts')

/** File, line and column of one line of a V8 stack, or null: 'at f (file:///a b/c.ts:1:2)', 'at /a.ts:1:2'. */
function placeOf(line: string): { readonly file: string; readonly at: string } | null {
  const text = line.trim().replace(/^at (?:async )?/, '')
  const open = text.indexOf(' (')
  const place = open >= 0 && text.endsWith(')') ? text.slice(open + 2, -1) : text
  const [, path, at] = /^(.*):(\d+:\d+)$/.exec(place) ?? []
  if (path === undefined || at === undefined || path.startsWith('node:')) return null
  return { file: path.startsWith('file://') ? fileURLToPath(path) : path, at }
}

/** First frame of a stack that is not ours: 'file:line:column', or '?'. */
export function userFrame(error: Error): string {
  for (const line of (error.stack ?? '').split('\n').slice(1)) {
    const place = placeOf(line)
    if (place && !isOurs(place.file)) return `${place.file}:${place.at}`
  }
  return '?'
}

class CapturedSite implements Site {
  readonly layer: string
  #error: Error | null
  #frame = ''
  constructor(layer: string) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 20
    this.#error = new Error('site')
    Error.stackTraceLimit = limit
    this.layer = layer
  }
  frame(): string {
    if (this.#error) {
      this.#frame = userFrame(this.#error)
      this.#error = null
    }
    return this.#frame
  }
}

const layers: string[] = []
let inherited: Site | null = null

/** Path of the layer whose forward is running, '' outside any. */
export const currentLayer = (): string => layers.at(-1) ?? ''
/** How many forwards are on the stack. */
export const forwardDepth = (): number => layers.length

/** Runs `body` inside the layer `path`. */
export function inLayer<T>(path: string, body: () => T): T {
  layers.push(path)
  try {
    return body()
  } finally {
    layers.pop()
  }
}

/** Nodes made by `body` inherit `site`: a gradient belongs to the line of the operation it differentiates. */
export function atSite<T>(site: Site, body: () => T): T {
  const before = inherited
  inherited = site
  try {
    return body()
  } finally {
    inherited = before
  }
}

/** The site of a node made now. */
export const captureSite = (): Site => inherited ?? new CapturedSite(currentLayer())
