// What each root cause is called in a sentence.
// Not the diagnosis: preflight/ picks the cause, this file only words it.
import type { Cause } from '../contract/index.ts'

const words: Partial<Record<Cause, string>> = {
  'weights-not-restored': 'the weights are not restored',
  'buffers-not-restored': 'buffers (running statistics) are not restored',
  'optimizer-not-restored': 'the optimizer state is not restored',
  'schedule-not-restored': 'the learning-rate schedule is not restored',
  'rng-not-restored': 'the random generators are not restored',
  'data-position-lost': 'the position in the data is not restored',
  'counter-off': 'a step or epoch counter is off after the load',
  'ema-not-restored': 'the moving average of the weights is not restored',
  'scaler-not-restored': 'the loss scaler is not restored',
  'section-not-saved': 'a part of the state is missing in the checkpoint',
  'section-not-loaded': 'a part of the state is saved and never loaded',
  'snapshot-aliases-live-state': 'the snapshot shares memory with the live state and changes with it',
  'save-changes-state': 'saving changes the state that it saves',
  'load-crashed': 'the load crashes',
  'save-crashed': 'the save crashes',
  'names-mismatched': 'names in the checkpoint and in the model differ',
  'weights-coupled-to-code': 'the weights open only with the code of the experiment',
  'weights-unreadable': 'the weights cannot be read',
  'mean-of-batch-means': 'a mean of batch means: the last, smaller batch counts as much as a full one',
  'wrong-divisor': 'a sum is divided by the wrong count',
  'batch-dependent-outputs': 'the output of a sample depends on the other samples of its batch',
  'no-eval-mode': 'evaluation runs in training mode',
  'evaluation-changes-parameters': 'evaluation changes the weights',
  'evaluation-changes-buffers': 'evaluation changes buffers (running statistics)',
  'evaluation-changes-optimizer': 'evaluation changes the optimizer',
  'evaluation-changes-mode': 'evaluation leaves the model in another mode',
  'evaluation-consumes-rng': 'evaluation advances the random generators of training',
  'evaluation-changes-progress': 'evaluation changes the step, epoch or data position',
  'evaluation-crashed': 'the evaluation crashes',
  'samples-left-out': 'some samples are never evaluated',
  'samples-counted-twice': 'some samples are counted twice',
  'metric-wrong': 'the metric is computed wrongly',
  'loss-wrong': 'the loss is computed wrongly',
  'initial-loss-too-high': 'the first loss is worse than chance',
  'initial-loss-too-low': 'the first loss is better than chance: the labels leak, or the weights are not new',
  'sum-reduction': 'the loss is a sum over the batch, not a mean',
  'initialisation-too-large': 'the initial weights are too large',
  'loss-not-finite': 'the loss is not a finite number',
  'parameter-not-in-optimizer': 'a parameter is in no optimizer',
  'parameter-without-gradient': 'a parameter gets no gradient',
  'parameter-does-not-move': 'a parameter gets gradients and does not move',
  'frozen-parameter-moves': 'a parameter declared frozen moves',
  'loss-term-without-gradient': 'a term of the loss reaches no parameter',
  'loss-floor-above-theory': 'the loss stops above the lowest value it can reach',
  'double-softmax': 'softmax twice: in the model and in the cross-entropy',
  'broadcast-in-loss': 'shapes broadcast in the loss: (N,1) against (N) compares every pair',
  'learning-rate-out-of-range': 'the learning rate is out of the useful range',
  'does-not-learn': 'the model cannot fit a single batch',
  diverges: 'training diverges',
  'gradients-not-zeroed': 'gradients are not cleared between updates',
  'unseeded-initialisation': 'the initial weights do not come from the seed',
  'unseeded-data-order': 'the order of the data does not come from the seed',
  'unseeded-randomness': 'randomness in training does not come from the seed',
  'nondeterministic-kernel': 'a kernel is not deterministic on this device',
  'unknown-key-accepted': 'an unknown key is accepted',
  'wrong-type-accepted': 'a value of the wrong type is accepted',
  'free-string': 'a free string where a closed choice, a name or a path belongs',
  crashed: 'the check crashed',
  'timed-out': 'the check ran out of time',
}

export const causeWords = (cause: Cause): string => words[cause] ?? cause.replaceAll('-', ' ')

/** Asserted where nothing else fits; ranked, and called likely, where something does. */
export const causeSentence = (cause: Cause | null, alternatives: readonly Cause[]): string | null => {
  if (cause === null) return null
  if (alternatives.length === 0) return causeWords(cause)
  return `likely: ${[cause, ...alternatives].map(causeWords).join('; or ')}`
}
