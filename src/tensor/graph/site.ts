// Where a node was made: the user's stack frame (read lazily) and the layer path.
// Not an error type and not a logger; errors are in error.ts.
import { fileURLToPath } from 'node:url'

/** A call site. `frame()` is 'file:line:column' of the first frame outside this package, or '?' when there is none. */
export interface Site {
  readonly layer: string
  frame(): string
}

const ownFolder = fileURLToPath(new URL('..', import.meta.url))
const framePattern = /\(?(?:file:\/\/)?(\/[^():]+|[A-Za-z]:\\[^():]+):(\d+):(\d+)\)?$/
const isOurs = (file: string): boolean =>
  file.startsWith(ownFolder) && !file.endsWith('.test.ts') && !file.endsWith('.bench.ts')

/** First frame of a stack that is not ours: 'file:line:column', or '?'. */
export function userFrame(error: Error): string {
  for (const line of (error.stack ?? '').split('\n').slice(1)) {
    const match = framePattern.exec(line.trim())
    if (match && !isOurs(match[1]!)) return `${match[1]}:${match[2]}:${match[3]}`
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
