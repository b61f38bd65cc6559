// One cause, one finding: a symptom goes into the finding that explains it.
// Pure. Only faults fold, and only into a fault that is at least as severe.
import type { Cause, Finding } from '../contract/index.ts'

/** Wrong ways to sum up an evaluation: at one batch size they can look like one another. */
const sums: readonly Cause[] = ['mean-of-batch-means', 'wrong-divisor', 'samples-left-out', 'samples-counted-twice']
const summed: readonly Cause[] = [...sums, 'loss-wrong', 'metric-wrong', 'order-dependent-metric']

/** What a score that remembers the evaluations before looks like to a check of one evaluation. */
const remembered: readonly Cause[] = [
  'metric-wrong',
  'metric-ignores-predictions',
  'metric-direction-reversed',
  'order-dependent-metric',
  'random-evaluation',
  'best-not-reproduced',
]

/** A root cause → what it shows up as in other checks. */
const explains: Partial<Record<Cause, readonly Cause[]>> = {
  ...Object.fromEntries(sums.map((cause) => [cause, summed])),
  // what a resumed run has in training mode, the straight one has in evaluation mode
  'evaluation-changes-mode': ['rng-not-restored', 'section-not-saved'],
  // gradients that live on from update to update are state, and in no checkpoint
  'gradients-not-zeroed': ['section-not-saved', 'diverges', 'does-not-learn', 'loss-floor-above-theory'],
  'unseeded-randomness': ['rng-not-restored', 'section-not-saved'],
  'weights-not-restored': ['section-not-saved', 'best-not-reproduced'],
  'buffers-not-restored': ['section-not-saved', 'best-not-reproduced'],
  'ema-not-restored': ['best-not-reproduced'],
  'section-not-saved': ['best-not-reproduced'],
  'checkpoints-share-a-file': [
    'weights-not-restored',
    'buffers-not-restored',
    'optimizer-not-restored',
    'schedule-not-restored',
    'ema-not-restored',
    'rng-not-restored',
    'section-not-saved',
    'best-not-reproduced',
    'counter-off',
    'data-position-lost',
  ],
  'best-is-latest': remembered,
  'metric-never-reset': remembered,
  'hash-order': ['unseeded-initialisation', 'unseeded-data-order', 'unseeded-randomness'],

  'names-mismatched': ['weights-not-restored', 'buffers-not-restored', 'best-not-reproduced'],
  'snapshot-aliases-live-state': ['weights-not-restored', 'buffers-not-restored', 'optimizer-not-restored'],
  'no-eval-mode': [
    'batch-dependent-outputs',
    'evaluation-changes-buffers',
    'evaluation-consumes-rng',
    'random-evaluation',
    'order-dependent-outputs',
  ],
  'augmentation-on-validation': ['evaluation-consumes-rng', 'random-evaluation', 'no-eval-mode'],
  'evaluation-changes-parameters': ['random-evaluation', 'order-dependent-outputs', 'order-dependent-metric'],
  'batch-dependent-outputs': ['order-dependent-outputs', 'order-dependent-metric'],
  'softmax-over-the-batch': [
    'batch-dependent-outputs',
    'order-dependent-outputs',
    'does-not-learn',
    'loss-floor-above-theory',
  ],
  'softmax-over-one-unit': [
    'does-not-learn',
    'loss-floor-above-theory',
    'parameter-without-gradient',
    'parameter-does-not-move',
    'metric-ignores-predictions',
    'metric-wrong',
  ],
  'symmetric-units': ['does-not-learn', 'loss-floor-above-theory', 'parameter-without-gradient'],
  'metric-wrong': ['metric-ignores-predictions'],
  'evaluation-changes-buffers': ['batch-dependent-outputs', 'random-evaluation', 'order-dependent-outputs'],
  'parameter-not-in-optimizer': ['does-not-learn', 'loss-floor-above-theory', 'parameter-does-not-move'],
  'parameter-without-gradient': ['does-not-learn', 'loss-floor-above-theory', 'parameter-does-not-move'],
  'parameter-does-not-move': ['does-not-learn', 'loss-floor-above-theory'],
  'double-softmax': ['loss-floor-above-theory', 'does-not-learn', 'loss-wrong'],
  'broadcast-in-loss': ['loss-floor-above-theory', 'does-not-learn', 'loss-wrong', 'wrong-divisor'],
  'loss-sign-flipped': ['loss-wrong', 'does-not-learn', 'initial-loss-too-low', 'diverges'],
  'step-ascends': ['does-not-learn', 'diverges', 'loss-sign-flipped'],
  'loss-clipped': ['parameter-without-gradient', 'does-not-learn', 'loss-floor-above-theory'],
  'gradient-not-finite': ['loss-not-finite', 'diverges', 'does-not-learn', 'optimizer-state-not-finite'],
  'loss-overflows': ['loss-not-finite', 'diverges'],
  'schedule-unit-wrong': ['learning-rate-vanishes', 'does-not-learn', 'learning-rate-out-of-range'],
  'learning-rate-vanishes': ['does-not-learn', 'learning-rate-out-of-range'],
  'label-out-of-range': ['does-not-learn', 'loss-floor-above-theory', 'initial-loss-too-low', 'diverges'],
  'loss-wrong': ['does-not-learn', 'loss-floor-above-theory', 'initial-loss-too-low', 'initial-loss-too-high'],
  'sum-reduction': [
    'initial-loss-too-high',
    'diverges',
    'loss-floor-above-theory',
    'learning-rate-out-of-range',
    'loss-wrong',
    'wrong-divisor',
  ],
  'loss-not-finite': ['diverges', 'does-not-learn', 'initial-loss-too-high'],
  'initialisation-too-large': ['initial-loss-too-high', 'loss-floor-above-theory'],
}

const crashes: ReadonlySet<Cause> = new Set([
  'crashed',
  'timed-out',
  'save-crashed',
  'load-crashed',
  'evaluation-crashed',
])

/** What a crash says, whatever sizes it met: shapes differ from batch to batch. */
const words = ({ evidence }: Finding): string => String(evidence.message).replaceAll(/\d+/g, '0')

const isExplained = (symptom: Finding, root: Finding): boolean => {
  if (root.cause === null || symptom.cause === null || root.status !== 'NO-GO') return false
  // two checks of the project's own say two things
  if (root.cause === 'own-check') return false
  if (root.cause === symptom.cause) return !crashes.has(root.cause) || words(root) === words(symptom)
  return (
    (explains[root.cause]?.includes(symptom.cause) ?? false) || areOrphans(symptom, root) || cannotStep(symptom, root)
  )
}

/** A loss that reaches no parameter crashes in backward(), a scheduler that ends crashes in its step, and with it all that trains. */
const cannotStep = (symptom: Finding, root: Finding): boolean =>
  ((root.check === 'O1' &&
    (root.cause === 'parameter-without-gradient' || root.cause === 'parameter-not-in-optimizer')) ||
    root.cause === 'schedule-stepped-too-often') &&
  symptom.cause === 'crashed' &&
  symptom.evidence.stage === 'train'

/** Layers that are not registered are in no optimizer, and for the same reason in no checkpoint. */
const areOrphans = (symptom: Finding, root: Finding): boolean => {
  const { orphans } = root.evidence
  if (root.cause !== 'parameter-not-in-optimizer' || !Array.isArray(orphans)) return false
  const { lost, absent } = symptom.evidence
  const names = [lost, absent].find(Array.isArray) ?? []
  return names.length > 0 && names.every((name) => orphans.includes(name))
}

/**
 * The findings with symptoms folded into their roots, in the order given; the first of equals is the root.
 * A folded one stays as a SKIPPED line that names its root, so that every check has its say.
 */
export const fold = (findings: readonly Finding[]): Finding[] => {
  const folded = new Map<Finding, Finding>()
  for (const [i, symptom] of findings.entries()) {
    const root = findings.find((other, j) => {
      if (other === symptom || folded.has(other) || !isExplained(symptom, other)) return false
      // of two equals the earlier stays
      return !isExplained(other, symptom) || j < i
    })
    if (root) folded.set(symptom, root)
  }
  const rootOf = (finding: Finding): Finding => {
    const root = folded.get(finding)
    return root ? rootOf(root) : finding
  }
  return findings.map((finding) => {
    if (folded.has(finding)) return explained(finding, rootOf(finding))
    const symptoms = findings.filter((other) => folded.has(other) && rootOf(other) === finding)
    return { ...finding, folded: [...finding.folded, ...symptoms.map(({ check }) => check)] }
  })
}

const explained = (symptom: Finding, root: Finding): Finding => ({
  ...symptom,
  status: 'SKIPPED',
  cause: null,
  alternatives: [],
  title: `explained by ${root.check}: ${symptom.title}`,
  evidence: { ...symptom.evidence, cause: symptom.cause, explainedBy: root.check },
  advice: null,
})
