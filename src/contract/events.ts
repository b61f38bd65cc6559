// What happens during a run, in order. The journal is a list of these; every report is computed from them.
import { z } from 'zod'
import { finding, findingCode, verdict } from './finding.ts'
import { measured, measurements } from './measured.ts'
import { inFlight, stepRecord } from './subject.ts'

/** Why a run ended, or why a rule says it should. */
export const reasonCode = z.enum([
  'length-reached',
  'not-finite',
  'divergence',
  'patience',
  /** Where the run stands against its baseline: no verdict. */
  'baseline',
  'benchmark',
  'generalisation-loss',
  'progress-quotient',
  'successive-increase',
  'budget',
  /** Paused by the sweep that it belongs to: others do better at this point. */
  'pruned',
  'interrupted',
  'crashed',
  'no-go',
])
export type ReasonCode = z.infer<typeof reasonCode>

/** A stopping rule's verdict. `sentence` carries the numbers; report/ prints it as it is. */
export const decision = z.strictObject({
  action: z.enum(['go-on', 'advise', 'stop']),
  reason: reasonCode,
  sentence: z.string(),
  numbers: measurements,
})
export type Decision = z.infer<typeof decision>

export const checkpointRecord = z.strictObject({
  /** Folder name under checkpoints/. */
  name: z.string(),
  step: z.int(),
  epoch: z.int(),
  /** Metrics of the evaluation it was saved with; empty where there was none. */
  metrics: measurements,
  /** sha256 of manifest.json: the identity of the whole checkpoint. */
  manifest: z.string(),
  bytes: z.number(),
})
export type CheckpointRecord = z.infer<typeof checkpointRecord>

export const runEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('started'),
    name: z.string(),
    fingerprint: z.string(),
    steps: z.int(),
    epochs: z.number(),
    objective: z.string(),
    direction: z.enum(['min', 'max']),
    seed: z.int(),
  }),
  z.strictObject({
    type: z.literal('preflight'),
    verdict,
    findings: z.array(finding),
    /** Of the checks themselves. */
    seconds: z.number(),
    /** Of starting processes and loading code and data, waited for by then. */
    loadSeconds: z.number().optional(),
    /** Where it rests on an earlier pass: when that was made, its age, and the checks that were asked again. */
    reused: z.strictObject({ made: z.string(), ageSeconds: z.number(), again: z.array(findingCode) }).optional(),
  }),
  /** Everything after `fromStep` that was recorded earlier is void: it is trained again. */
  z.strictObject({
    type: z.literal('resumed'),
    fromStep: z.int(),
    fromEpoch: z.int(),
    checkpoint: z.string().nullable(),
    /** Damaged or unreadable checkpoints that were passed over, with the reason. */
    passedOver: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  }),
  /** Steps arrive in groups: one journal line holds many. */
  z.strictObject({ type: z.literal('steps'), records: z.array(stepRecord) }),
  z.strictObject({
    type: z.literal('evaluated'),
    step: z.int(),
    epoch: z.number(),
    /** With the split's name: val_loss, val_accuracy, test_accuracy. */
    metrics: measurements,
    samples: z.int(),
    seconds: z.number(),
  }),
  z.strictObject({
    type: z.literal('checkpointed'),
    checkpoint: checkpointRecord,
    /** Why it is kept: latest, best, top. */
    keptAs: z.array(z.enum(['latest', 'best', 'top'])),
    removed: z.array(z.string()),
    seconds: z.number(),
  }),
  z.strictObject({ type: z.literal('decided'), step: z.int(), decision }),
  /** What looking at samples in flight has come to, once, before the end. */
  z.strictObject({ type: z.literal('watched'), step: z.int(), seen: inFlight }),
  /** Something a person should know that ends nothing. */
  z.strictObject({ type: z.literal('warned'), code: z.string(), message: z.string() }),
  z.strictObject({
    type: z.literal('ended'),
    reason: reasonCode,
    sentence: z.string(),
    step: z.int(),
    epoch: z.number(),
    best: z
      .strictObject({ metric: z.string(), value: measured, step: z.int(), checkpoint: z.string().nullable() })
      .nullable(),
    metrics: measurements,
    seconds: z.number(),
    /** What was foretold of `seconds` before the run began, with its interval. */
    forecast: z.strictObject({ seconds: z.number(), low: z.number(), high: z.number() }).optional(),
  }),
])
export type RunEvent = z.infer<typeof runEvent>
export type RunEventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>
