// What a poll said of a program, against what was expected of it. Pure.
// Not the polling (run.ts) nor the totals (tally.ts).
import type { Finding } from '../src/contract/index.ts'
import type { EngineName, Program } from './programs.ts'
import type { Twin } from './twins.ts'

/** What happened to one twin with one seed. */
export type Said = {
  readonly findings: readonly Pick<Finding, 'check' | 'status' | 'cause' | 'title' | 'where' | 'seen'>[]
  /** Refused before any check: the code and words of the error. */
  readonly refused: { readonly code: string; readonly message: string } | null
  /** From the command's start, loading included. */
  readonly seconds: number
  /** Until the first NO-GO was known; null without one. */
  readonly firstNoGo: number | null
}

export type Result = {
  readonly program: string
  readonly id: string
  readonly engine: EngineName
  readonly twin: Twin
  readonly seed: number
  readonly expected: 'NO-GO' | 'WARN' | 'GO'
  readonly verdict: 'NO-GO' | 'WARN' | 'GO' | 'REFUSED'
  /** `O2 gradients-accumulate`: what said NO-GO, or WARN where that was expected, or was refused. */
  readonly spoke: readonly string[]
  readonly where: string | null
  readonly title: string | null
  readonly outcome: 'caught' | 'missed' | 'missed (no check)' | 'go' | 'false no-go'
  /** Null where it was not caught. */
  readonly causeRight: boolean | null
  readonly seconds: number
  readonly firstNoGo: number | null
}

/** `known`: the checks that gonogo has. */
export const judge = (program: Program, twin: Twin, seed: number, said: Said, known: readonly string[]): Result => {
  const { expected } = program
  const faults = said.findings.filter(({ status }) => status === 'NO-GO')
  const warnings = said.findings.filter(({ status }) => status === 'WARN')
  const verdict = said.refused ? 'REFUSED' : faults.length > 0 ? 'NO-GO' : warnings.length > 0 ? 'WARN' : 'GO'
  const common = {
    program: program.name,
    id: program.id,
    engine: program.engine,
    twin,
    seed,
    verdict,
    seconds: said.seconds,
    firstNoGo: said.firstNoGo,
  } as const
  if (expected === null || twin !== 'buggy') {
    const bad = verdict === 'NO-GO' || verdict === 'REFUSED'
    return {
      ...common,
      expected: 'GO',
      ...spokenBy(bad ? faults : warnings, said),
      outcome: bad ? 'false no-go' : 'go',
      causeRight: null,
    }
  }
  // a healthy program may warn of something else: only what was expected to speak counts then
  const right = ({ cause, check }: Said['findings'][number]) =>
    (cause !== null && expected.causes.includes(cause)) || (cause === null && expected.checks.includes(check))
  const heard = expected.severity === 'no-go' ? faults : [...faults, ...warnings.filter(right)]
  // an error is an answer only where it was meant to be one
  const refused = said.refused !== null && expected.causes.includes(said.refused.code)
  const caught = refused || heard.length > 0
  const exists = expected.checks.some((code) => known.includes(code))
  return {
    ...common,
    expected: expected.severity === 'no-go' ? 'NO-GO' : 'WARN',
    ...spokenBy(caught ? heard : [...faults, ...warnings], said),
    outcome: caught ? 'caught' : exists ? 'missed' : 'missed (no check)',
    causeRight: caught ? refused || heard.some(right) : null,
  }
}

const spokenBy = (findings: Said['findings'], { refused }: Said): Pick<Result, 'spoke' | 'where' | 'title'> => ({
  spoke: refused ? [refused.code] : findings.map(({ check, cause }) => `${check} ${cause ?? ''}`.trim()),
  where: findings[0]?.where ?? null,
  title: refused?.message ?? findings[0]?.title ?? null,
})
