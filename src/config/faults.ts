// Faults of a run file: collected with their places, ordered, and thrown as one error that carries them all.
// The wording of each fault is where it is found; how an error is printed is not decided here.
import { type ErrorReport, GonogoError } from '../contract/errors.ts'
import { excerptOf, placeOf, type Span } from './source.ts'

export type Words = {
  readonly seen?: string | undefined
  readonly expected?: string | undefined
  readonly try?: string | undefined
}

/** A fault and its place, ready to be thrown. */
export type Fault = ErrorReport

/** Where something is written, ready to print. */
export type Place = {
  /** `file:line:column`. */
  readonly where: string
  readonly excerpt: string
}

export const placed = (span: Span): Place => ({ where: placeOf(span), excerpt: excerptOf(span) })

export const faultAt = (span: Span, code: string, message: string, words: Words = {}): Fault => ({
  code,
  message,
  ...placed(span),
  ...words,
})

/** The one fault that ends reading at once. */
export const errorAt = (span: Span, code: string, message: string, words: Words = {}): GonogoError => {
  return new GonogoError(code, message, faultAt(span, code, message, words))
}

/** `file:line:column` as numbers to sort by. */
const order = (fault: Fault): [string, number, number] => {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/s.exec(fault.where ?? '') ?? []
  return [file ?? '', Number(line ?? 0), Number(column ?? 0)]
}

/** In the order of the text, but what is missing after what is wrong: a wrong key is often the missing one. */
export const inOrder = (faults: readonly Fault[]): Fault[] =>
  faults
    .map((fault) => ({
      fault,
      last: fault.code === 'CONFIG_REQUIRED' || fault.code === 'CONFIG_MORE',
      at: order(fault),
    }))
    .sort((a, b) => {
      if (a.last !== b.last) return a.last ? 1 : -1
      if (a.at[0] !== b.at[0]) return a.at[0] < b.at[0] ? -1 : 1
      return a.at[1] - b.at[1] || a.at[2] - b.at[2]
    })
    .map(({ fault }) => fault)

/** More than this nobody reads at once. */
const shownFaults = 20

/** Throws the first fault with the others beside it; returns when there is none. */
export const throwFaults = (faults: readonly Fault[]): void => {
  const [first, ...rest] = faults
  if (first === undefined) return
  const also: ErrorReport[] = rest.slice(0, shownFaults - 1)
  if (rest.length > also.length) also.push({ code: 'CONFIG_MORE', message: 'and more, told when these are mended' })
  throw new GonogoError(first.code, first.message, { ...first, also })
}
