// What the harness itself must remember across a resume; it lies in state.json beside the subject's own state.
import { z } from 'zod'
import { GonogoError } from '../contract/index.ts'

export const best = z.strictObject({
  metric: z.string(),
  value: z.number(),
  step: z.int(),
  checkpoint: z.string().nullable(),
})
export type Best = z.infer<typeof best>

export const harnessState = z.strictObject({
  /** Fingerprint of the plan that was trained. */
  fingerprint: z.string(),
  step: z.int(),
  best: best.nullable(),
  /** State of the stopping rules: plain JSON. */
  rules: z.unknown(),
  /** The latest value of each metric. */
  metrics: z.record(z.string(), z.number()),
  /** The evaluation that is due at this step was cancelled: whoever goes on makes up for it. */
  owesEvaluation: z.boolean().default(false),
  /** Seconds of training before this checkpoint. */
  seconds: z.number(),
})
export type HarnessState = z.infer<typeof harnessState>

/** The harness state of a loaded checkpoint. Throws CHECKPOINT_STATE. */
export const harnessFrom = (value: unknown, where: string): HarnessState => {
  const parsed = harnessState.safeParse(value)
  if (parsed.success) return parsed.data
  throw new GonogoError('CHECKPOINT_STATE', 'this checkpoint holds no state of a run', {
    where,
    seen: parsed.error.issues[0]?.message,
    expected: 'a state.json written by gonogo train',
  })
}
