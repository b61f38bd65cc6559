// Lowered guards: what the run file or the command line says about a check, with the reason that must be shown.
// Whether a reason was given is checked where those are read.
import { type CheckLevel, checkWords, type FindingCode, type Plan } from '../contract/index.ts'
import type { Outcome } from './check.ts'

export type Setting = { readonly level: CheckLevel; readonly reason: string | null }

/** The command line wins over the run file; a check of ours is named by its code or its word, one of the project's by its code. */
export const settingOf = (code: FindingCode, plan: Plan, skip: ReadonlyMap<FindingCode, string>): Setting => {
  const reason = skip.get(code)
  if (reason !== undefined) return { level: 'skip', reason }
  const settings = new Map(Object.entries(plan.run.preflight.checks))
  const word = new Map<string, string>(Object.entries(checkWords)).get(code)
  const found = settings.get(code) ?? (word === undefined ? undefined : settings.get(word))
  return { level: found?.level ?? 'block', reason: found?.reason ?? null }
}

const unexplained = 'no reason given'

export const waived = ({ reason }: Setting): Outcome => ({
  status: 'WAIVED',
  cause: null,
  alternatives: [],
  title: reason ?? unexplained,
  seen: 'not run',
  expected: 'a check that blocks',
  where: null,
  evidence: { reason },
  advice: null,
})

/** At level `warn` a NO-GO becomes a WARN that says why. */
export const lowered = (outcome: Outcome, { level, reason }: Setting): Outcome =>
  level === 'warn' && outcome.status === 'NO-GO'
    ? {
        ...outcome,
        status: 'WARN',
        title: `${outcome.title} (lowered to a warning: ${reason ?? unexplained})`,
        evidence: { ...outcome.evidence, reason },
      }
    : outcome
