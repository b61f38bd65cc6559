// A project's own checks as they cross the protocol: how one is asked for and what it answers. What is declared of each is a fact.
// What such a check looks at is the project's; when it runs and what its answer means for the run is the poll's.
import { z } from 'zod'
import { cause, evidence, ownCode } from './finding.ts'

export const ownCheckProbe = z.object({ code: ownCode })
export type OwnCheckProbe = z.infer<typeof ownCheckProbe>

const text = z.string().max(4000)

/** What it answers: a finding before the poll has added which check it is and how long it took. */
export const ownOutcome = z.object({
  status: z.enum(['GO', 'WARN', 'NO-GO', 'SKIPPED']),
  title: text.min(1),
  seen: text.nullable(),
  expected: text.nullable(),
  evidence: evidence.default({}),
  where: text.nullish().transform((value) => value ?? null),
  advice: text.nullish().transform((value) => value ?? null),
  cause: cause.nullish().transform((value) => value ?? null),
})
export type OwnOutcome = z.infer<typeof ownOutcome>
