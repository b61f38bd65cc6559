// What a check says. Data only: its wording for people lives in report/.
import { z } from 'zod'
import { measured } from './measured.ts'
import { picture } from './picture.ts'

export const checkCode = z.enum([
  'K1',
  'K2',
  'K3',
  'K4',
  'K5',
  'K6',
  'K7',
  'V1',
  'V2',
  'V3',
  'V4',
  'V5',
  'V6',
  'V7',
  'I1',
  'I2',
  'I3',
  'I4',
  'O1',
  'O2',
  'O3',
  'O4',
  'O5',
  'O6',
  'O7',
  'O8',
  'O9',
  'O10',
  'S1',
  'T2',
  'T3',
  'M1',
  'S2',
  'S3',
  'M2',
  'F1',
  'C1',
  'C2',
  'T1',
  'P1',
  'P2',
  'D1',
  'D2',
  'D3',
  'D4',
  'D5',
  'D6',
  'D7',
  'D8',
  'D9',
  'D10',
])
export type CheckCode = z.infer<typeof checkCode>

export const checkWords = {
  K1: 'resume-equivalence',
  K2: 'checkpoint-coverage',
  K3: 'checkpoints-apart',
  K4: 'load-into-other-seed',
  K5: 'portable-weights',
  K6: 'best-is-best',
  K7: 'best-reproduced',
  V1: 'evaluate-twice',
  V2: 'batch-size-invariance',
  V3: 'evaluation-purity',
  V4: 'metrics-recomputed',
  V5: 'permuted-validation',
  V6: 'whole-validation',
  V7: 'metric-extremes',
  I1: 'chance-level',
  I2: 'logits',
  I3: 'symmetry',
  I4: 'loss-inputs',
  O1: 'trainable-set',
  O2: 'fresh-gradients',
  O3: 'step-descends',
  O4: 'overfit-one-batch',
  O5: 'update-size',
  O6: 'schedule',
  O7: 'accumulation',
  O8: 'finite-numbers',
  O9: 'clipping',
  O10: 'weight-decay-groups',
  S1: 'same-seed',
  T2: 'peak-rate',
  T3: 'same-start',
  M1: 'memory-slope',
  S2: 'other-seed',
  S3: 'hash-seed',
  M2: 'data-wait',
  F1: 'forecast',
  C1: 'strict-config',
  C2: 'config-effect',
  T1: 'monitors',
  P1: 'ranks-agree',
  P2: 'world-size-invariance',
  D1: 'batch-leakage',
  D2: 'causality',
  D3: 'split-overlap',
  D4: 'alignment',
  D5: 'input-scale',
  D6: 'augmentation',
  D7: 'epoch-order',
  D8: 'sound-values',
  D9: 'padding',
  D10: 'inputs-heeded',
} as const satisfies Record<CheckCode, string>

/** A check that the project declares itself: a namespace of its own, so that no check of ours is ever in its way. */
export const ownCode = z.templateLiteral(['own/', z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)])
export type OwnCode = z.infer<typeof ownCode>

/** Ours or the project's own. */
export const findingCode = z.union([checkCode, ownCode])
export type FindingCode = CheckCode | OwnCode

/** What names a check beside its code: `resume-equivalence`, `classes-balanced`. */
export const wordOf = (code: FindingCode): string =>
  new Map<string, string>(Object.entries(checkWords)).get(code) ?? code.slice('own/'.length)

export const status = z.enum(['GO', 'WARN', 'NO-GO', 'SKIPPED', 'WAIVED'])
export type Status = z.infer<typeof status>

/** Root causes, closed so that "named the right cause" can be measured. A finding without fault has cause null. */
export const cause = z.enum([
  // checkpoints
  'weights-not-restored',
  'buffers-not-restored',
  'optimizer-not-restored',
  'schedule-not-restored',
  'rng-not-restored',
  'data-position-lost',
  'counter-off',
  'ema-not-restored',
  'scaler-not-restored',
  'section-not-saved',
  'section-not-loaded',
  'snapshot-aliases-live-state',
  'save-changes-state',
  'load-crashed',
  'save-crashed',
  'names-mismatched',
  'weights-coupled-to-code',
  'weights-unreadable',
  'checkpoints-share-a-file',
  'best-not-reproduced',
  'best-is-latest',
  'metric-never-reset',
  'objective-not-reported',
  // validation
  'mean-of-batch-means',
  'wrong-divisor',
  'batch-dependent-outputs',
  'no-eval-mode',
  'not-in-training-mode',
  'evaluation-changes-parameters',
  'evaluation-changes-buffers',
  'evaluation-changes-optimizer',
  'evaluation-changes-mode',
  'evaluation-consumes-rng',
  'evaluation-changes-progress',
  'evaluation-crashed',
  'samples-left-out',
  'samples-counted-twice',
  'metric-wrong',
  'metric-direction-reversed',
  'metric-ignores-predictions',
  'metric-not-finite',
  'random-evaluation',
  'augmentation-on-validation',
  'order-dependent-outputs',
  'order-dependent-metric',
  'loss-wrong',
  // initial loss
  'initial-loss-too-high',
  'initial-loss-too-low',
  'sum-reduction',
  'initialisation-too-large',
  'loss-not-finite',
  'softmax-over-one-unit',
  'softmax-over-the-batch',
  'symmetric-units',
  // optimisation
  'parameter-not-in-optimizer',
  'parameter-without-gradient',
  'parameter-does-not-move',
  'frozen-parameter-moves',
  'loss-term-without-gradient',
  'average-follows-at-once',
  'loss-floor-above-theory',
  'double-softmax',
  'broadcast-in-loss',
  'learning-rate-out-of-range',
  'does-not-learn',
  'diverges',
  'baseline-not-reproduced',
  'starts-worse-than-baseline',
  'gradients-not-zeroed',
  'loss-sign-flipped',
  'step-ascends',
  'gradient-not-finite',
  'optimizer-state-not-finite',
  'loss-overflows',
  'clips-before-unscaling',
  'gradients-not-unscaled',
  'clip-limit-exceeded',
  'clips-too-late',
  'loss-clipped',
  'accumulation-mis-normalised',
  'schedule-unlike-declared',
  'schedule-unit-wrong',
  'schedule-stepped-twice',
  'schedule-stepped-too-often',
  'schedule-never-stepped',
  'learning-rate-vanishes',
  'weight-decay-on-wrong-tensors',
  'warm-up-missing',
  'graph-retained',
  'memory-grows',
  'waits-for-data',
  'over-budget',
  // seeds
  'unseeded-initialisation',
  'unseeded-data-order',
  'unseeded-randomness',
  'seed-has-no-effect',
  'hash-order',
  'nondeterministic-kernel',
  // config
  'unknown-key-accepted',
  'wrong-type-accepted',
  'free-string',
  'config-without-effect',
  // keeping and stopping
  'monitors-differ',
  'patience-cannot-be-met',
  // several processes
  'ranks-start-apart',
  'ranks-drift-apart',
  'gradients-not-averaged',
  'same-samples-on-every-rank',
  'padded-duplicates-scored',
  'metrics-not-reduced',
  // data
  'input-not-finite',
  'target-not-finite',
  'label-out-of-range',
  'inputs-constant',
  'splits-overlap',
  'groups-overlap',
  'validation-not-normalised',
  'normalised-twice',
  'inputs-not-normalised',
  'splits-differ',
  'order-repeats',
  'samples-repeated',
  'samples-changed-in-place',
  'class-runs',
  'sees-the-future',
  'targets-misplaced',
  'near-duplicates',
  'workers-draw-alike',
  'augmentation-repeats',
  'padding-seen',
  'padding-scored',
  'nothing-supervised',
  'inputs-and-labels-misaligned',
  'target-among-inputs',
  'input-ignored',
  // a check of the project's own said no, and named no other cause
  'own-check',
  // a check that could not finish
  'crashed',
  'timed-out',
])
export type Cause = z.infer<typeof cause>

const scalar = z.union([z.string(), measured, z.boolean(), z.null()])
/** Numbers behind a verdict. Flat, so that a table, a CSV and a test can read them. */
export const evidence = z.record(z.string(), z.union([scalar, z.array(scalar)]))
export type Evidence = z.infer<typeof evidence>

/** Which model a finding speaks of, where the run file declares a proxy: the small one, or the one that will train. */
export const tier = z.enum(['proxy', 'full'])
export type Tier = z.infer<typeof tier>

export const finding = z.strictObject({
  check: findingCode,
  status,
  cause: cause.nullable(),
  /** Other causes that fit, most likely first. */
  alternatives: z.array(cause),
  /** The fault in the user's terms, or what holds. One line. */
  title: z.string(),
  /** What was seen, with numbers. Null only where SKIPPED. */
  seen: z.string().nullable(),
  /** What was expected, with the number's source. */
  expected: z.string().nullable(),
  /** `file:line:column` or a function of the experiment, where the reader should look. */
  where: z.string().nullable(),
  evidence,
  /** One edit or command. */
  advice: z.string().nullable(),
  /** Codes of findings that this one explains. */
  folded: z.array(findingCode),
  seconds: z.number(),
  /** Left out where there is no proxy: the model is the one that will train. */
  tier: tier.optional(),
  /** What says more as a picture. No verdict hangs on one. */
  pictures: z.array(picture).max(4).optional(),
})
export type Finding = z.infer<typeof finding>

export const verdict = z.enum(['GO', 'NO-GO'])
export type Verdict = z.infer<typeof verdict>

/** A poll is NO-GO when one finding is; warnings, skips and waivers do not block. */
export const verdictOf = (findings: readonly Finding[]): Verdict =>
  findings.some((f) => f.status === 'NO-GO') ? 'NO-GO' : 'GO'
