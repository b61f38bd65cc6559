// The answer of a project's own check, held to its schema: a stranger's function may return anything.
// Not what the answer means for the run.
import { GonogoError, type OwnOutcome, ownOutcome } from '../contract/index.ts'

/** Throws OWN_CHECK_ANSWER where it is no verdict, in words that say which part is not. */
export const ownOutcomeOf = (answer: unknown): OwnOutcome => {
  const parsed = ownOutcome.safeParse(answer)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new GonogoError('OWN_CHECK_ANSWER', 'the check gave no verdict', {
    seen: [issue?.path.join('.'), issue?.message].filter(Boolean).join(': '),
    expected: 'go, warn, noGo or skipped with a title; what was seen and expected; numbers, text or lists of them',
  })
}
