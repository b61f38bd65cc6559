// The checks that a project declares itself, as checks of the poll: called in the experiment's process, judged here like ours.
// Not what they look at: that is the project's code, and its failures are findings.
import type { CheckCode, Facts, FindingCode, OwnCheckFact, OwnOutcome } from '../contract/index.ts'
import { checkCode, checkWords, GonogoError, nearest, type Plan, wordOf } from '../contract/index.ts'
import { type Check, type Outcome, skipped } from './check.ts'
import { Crash, failure } from './crash.ts'
import { abortable } from './trial.ts'

export const ownChecks = ({ checks = [] }: Pick<Facts, 'checks'>): Check[] => checks.map(checkOf)

const checkOf = (fact: OwnCheckFact): Check => ({
  code: fact.code,
  word: wordOf(fact.code),
  needs: fact.needs,
  after: fact.after,
  // the shared subject is put back to where it was before whoever comes next
  costClass: 'warm',
  run: async (context) => {
    const trial = await context.at(fact.at)
    // a stranger's function may never end: what is left of the budget is all that it gets, and the process ends with it
    const seconds = Math.max(leastSeconds, context.remaining)
    const limit = AbortSignal.timeout(Math.round(seconds * 1000))
    try {
      return outcomeOf(await abortable(limit, trial.own(fact.code)), fact)
    } catch (error) {
      if (limit.aborted && error === limit.reason) {
        await trial[Symbol.asyncDispose]()
        return skipped(`budget: it had not ended after the ${Math.round(seconds)} s that were left`)
      }
      if (!(error instanceof Crash)) throw error
      const outcome = failure(error)
      return outcome.cause === null ? outcome : { ...outcome, where: outcome.where ?? fact.where }
    }
  },
})

const leastSeconds = 5

const outcomeOf = (said: OwnOutcome, { where }: OwnCheckFact): Outcome => {
  const { status, title, seen, expected, evidence } = said
  const isFault = status === 'NO-GO' || status === 'WARN'
  return {
    status,
    cause: isFault ? (said.cause ?? 'own-check') : null,
    alternatives: [],
    title,
    seen,
    expected,
    where: isFault ? (said.where ?? where) : null,
    evidence,
    advice: said.advice,
  }
}

/** Refuses names of checks that there are not, before anything is polled: a typo must not leave a guard where it was, or lift none. */
export const refuseUnknownChecks = (
  { run }: Pick<Plan, 'run'>,
  { checks = [] }: Pick<Facts, 'checks'>,
  asked: { readonly only?: readonly FindingCode[]; readonly skip?: ReadonlyMap<FindingCode, string> },
): void => {
  const own = checks.map(({ code }) => code)
  const ours: readonly string[] = checkCode.options.flatMap((code: CheckCode) => [code, checkWords[code]])
  const known = [...ours, ...own]
  const refuse = (where: string, seen: string): never => {
    throw new GonogoError('USAGE_UNKNOWN_CHECK', 'there is no such check', {
      where,
      seen,
      expected: [...checkCode.options.map((code) => `${code} ${checkWords[code]}`), ...own].join(', '),
      try: nearest(seen, known),
    })
  }
  for (const code of asked.only ?? []) if (!known.includes(code)) refuse('--only', code)
  for (const code of asked.skip?.keys() ?? []) if (!known.includes(code)) refuse('--skip', code)
  // a base file may speak of own checks that not every experiment under it has
  for (const name of Object.keys(run.preflight.checks))
    if (!known.includes(name) && !name.startsWith('own/')) refuse('preflight.checks', name)
}
