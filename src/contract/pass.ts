// A pass: the findings of a whole poll that ended in GO, with everything that they hang on. Kept so that `train` need not poll again.
// Whether one still holds is judged in src/pass.ts; it is never taken on trust.
import { z } from 'zod'
import { finding, findingCode } from './finding.ts'
import { plan, sourceFile } from './plan.ts'
import { checkLevel } from './runFile.ts'

/** What a subject has loaded and read by now. */
export const dependencies = z.object({
  /** Files of the project, those that were imported late among them; paths relative to the experiment. */
  code: z.array(sourceFile),
  /** Files that were opened to be read, absolute; null where they cannot be told or are too many. */
  files: z.array(z.string()).nullable(),
})
export type Dependencies = z.infer<typeof dependencies>

export const passed = z.strictObject({
  gonogo: z.literal(1),
  /** ISO time of the end of the poll. */
  made: z.string(),
  plan,
  findings: z.array(finding),
  /** Level and reason that each check was run with, and which settings of the run file it read. */
  checks: z.array(
    z.strictObject({
      check: findingCode,
      level: checkLevel,
      reason: z.string().nullable(),
      reads: z.array(z.string()),
    }),
  ),
  /** sha256 of gonogo's own code. */
  own: z.string(),
  /** Files of the project that were imported late: absolute path → sha256. */
  code: z.record(z.string(), z.string()),
  /** Files and folders that were read → what stands for their contents. */
  files: z.record(z.string(), z.string()),
  /** Environment variables by name: a keyed hash each, so that no value is on disk. */
  variables: z.record(z.string(), z.string()),
  salt: z.string(),
})
export type Passed = z.infer<typeof passed>
