// The one error class of the tensor room: coded, with what was seen, expected and to try.
// Not for programming errors inside the room; those are plain Errors.
import { currentLayer, userFrame } from './site.ts'

export interface TensorErrorFields {
  /** Stable code, e.g. 'SHAPE_LINEAR'. */
  readonly code: string
  readonly seen: string
  readonly expected: string
  readonly try?: string
  /** 'file:line:column' where it is known better than from the stack. */
  readonly where?: string
  readonly layer?: string
}

/** A mistake in a model, a loss or an optimizer, found while the graph was traced. */
export class TensorError extends Error {
  readonly code: string
  /** 'file:line:column' of the user's frame, or '?'. */
  readonly where: string
  /** Path of the layer, e.g. 'stage1.0', or '' outside any. */
  readonly layer: string
  readonly seen: string
  readonly expected: string
  readonly try: string

  constructor(fields: TensorErrorFields) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 30
    super(`${fields.code}: seen ${fields.seen}; expected ${fields.expected}${fields.try ? `; try ${fields.try}` : ''}`)
    Error.stackTraceLimit = limit
    this.name = 'TensorError'
    this.code = fields.code
    this.where = fields.where ?? userFrame(this)
    this.layer = fields.layer ?? currentLayer()
    this.seen = fields.seen
    this.expected = fields.expected
    this.try = fields.try ?? ''
  }
}

/** Throws a TensorError. */
export function fail(fields: TensorErrorFields): never {
  throw new TensorError(fields)
}
