// What a check is and how it words its answer. Which checks run, and in which order, is poll.ts.
// Rule of severity: NO-GO needs a bug's positive signature or a broken declaration; deviating from an ideal is a WARN.
import {
  type Ability,
  type Cause,
  type CheckCode,
  checkWords,
  type Evidence,
  type Facts,
  type Finding,
  type FindingCode,
  type Guarantee,
} from '../contract/index.ts'
import type { Context } from './context.ts'

/** A finding before the poll has added which check it is, what it folds and how long it took. */
export type Outcome = Omit<Finding, 'check' | 'folded' | 'seconds'>

export interface Check {
  readonly code: FindingCode
  readonly word: string
  /** What the subject must be able to show; without it the check is SKIPPED with the engine's reason. */
  readonly needs: readonly Ability[]
  /** Held by construction on some engines: the title says so, and it is measured all the same. */
  readonly guarantee?: Guarantee
  /** Checks without whose GO this one has no meaning. */
  readonly after: readonly CheckCode[]
  /** Checks whose measurement this one takes into account where it is there. */
  readonly heeds?: readonly CheckCode[]
  /** none: no subject · warm: the shared subject · fresh: processes of its own */
  readonly costClass: 'none' | 'warm' | 'fresh'
  run(context: Context): Promise<Outcome>
}

/** A check with its word. */
export const define = (check: Omit<Check, 'word' | 'code'> & { readonly code: CheckCode }): Check => ({
  ...check,
  word: checkWords[check.code],
})

type Holds = { readonly seen: string; readonly expected: string; readonly evidence?: Evidence }

export const go = (title: string, { seen, expected, evidence = {} }: Holds): Outcome => ({
  status: 'GO',
  cause: null,
  alternatives: [],
  title,
  seen,
  expected,
  where: null,
  evidence,
  advice: null,
})

type Fault = Holds & {
  readonly alternatives?: readonly Cause[]
  readonly where?: string | null
  readonly advice?: string | null
}

const fault =
  (status: 'NO-GO' | 'WARN') =>
  (cause: Cause, title: string, found: Fault): Outcome => ({
    status,
    cause,
    alternatives: [...(found.alternatives ?? [])],
    title,
    seen: found.seen,
    expected: found.expected,
    where: found.where ?? null,
    evidence: found.evidence ?? {},
    advice: found.advice ?? null,
  })

export const noGo = fault('NO-GO')
export const warn = fault('WARN')

export const skipped = (reason: string): Outcome => ({
  status: 'SKIPPED',
  cause: null,
  alternatives: [],
  title: reason,
  seen: null,
  expected: null,
  where: null,
  evidence: {},
  advice: null,
})

/** The first of these functions of the experiment that exists, as `file:line`. */
export const placeOf = ({ where }: Pick<Facts, 'where'>, ...names: readonly string[]): string | null => {
  const known = new Map(Object.entries(where))
  for (const name of names) if (known.has(name)) return known.get(name) ?? null
  return null
}

/** Where a tensor was made, or else the function that makes the model. */
export const placeOfTensor = (facts: Pick<Facts, 'where' | 'tensors'>, name: string | undefined): string | null =>
  facts.tensors.find((tensor) => tensor.name === name)?.where ?? placeOf(facts, 'model', 'setup')

/** Six significant digits, as people read them. */
export const number = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2)
  return String(Number(value.toPrecision(size >= 1 ? 6 : 5)))
}

/** `a, b, c and 4 more`. */
export const list = (names: readonly string[], most = 3): string =>
  names.length <= most + 1 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
