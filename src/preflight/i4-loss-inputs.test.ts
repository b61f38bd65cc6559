// What each fault of a loss's inputs is called.
// Not how it is told: tests/torch/test_loss_inputs.py.
import { expect, test } from 'vitest'
import { judgedOf, type LossFault } from './i4-loss-inputs.ts'

const fault = (given: Partial<LossFault>): LossFault => ({
  function: 'nll_loss',
  where: null,
  fault: 'squashed',
  ...given,
})

test.each([
  [{ fault: 'probabilities' }, 'loss-wrong', undefined],
  [{ fault: 'no-log-probabilities', largest: 3 }, 'loss-wrong', undefined],
  [{ fault: 'no-log-probabilities', function: 'kl_div', largest: 3 }, 'loss-wrong', 'warn'],
  [{ fault: 'other-axis', axis: 0, wanted: 1 }, 'softmax-over-the-batch', undefined],
  [{ fault: 'other-axis', axis: 3, wanted: 1 }, 'loss-wrong', undefined],
  [{ fault: 'other-axis', axis: 0, wanted: 2, function: 'ctc_loss' }, 'loss-wrong', undefined],
  [{ fault: 'squashed', how: 'sigmoid' }, 'double-softmax', undefined],
  [{ fault: 'several-classes', most: 3 }, 'loss-wrong', 'warn'],
  [{ fault: 'targets-beyond', low: -1, high: 1 }, 'label-out-of-range', undefined],
  [{ fault: 'every-pair', given: [8, 1], target: [8] }, 'broadcast-in-loss', undefined],
  [{ fault: 'signs' }, 'label-out-of-range', undefined],
  [{ fault: 'self-among-others', of: 8, function: 'cross_entropy' }, 'loss-floor-above-theory', undefined],
  [{ fault: 'self-asked-for', of: 8, function: 'cross_entropy' }, 'loss-wrong', 'warn'],
  [{ fault: 'target-masked', share: 1, function: 'cross_entropy' }, 'loss-not-finite', undefined],
  [{ fault: 'out-of-reach', how: 'sigmoid', share: 0.6, function: 'mse_loss' }, 'loss-floor-above-theory', undefined],
  [{ fault: 'out-of-reach', how: 'tanh', share: 0.2, function: 'mse_loss' }, 'loss-floor-above-theory', 'warn'],
] as const)('%o', (given, cause, severity) => {
  const { function: name } = fault(given as Partial<LossFault>)
  const judged = judgedOf(fault(given as Partial<LossFault>))
  expect(judged.cause).toBe(cause)
  expect(judged.severity).toBe(severity)
  expect(judged.title.includes(name) || given.fault === 'several-classes').toBe(true)
})

test('targets out of reach only warn beside another loss', () => {
  const out = fault({ fault: 'out-of-reach', how: 'relu', share: 0.6, function: 'mse_loss' })
  expect(judgedOf(out).severity).toBe(undefined)
  expect(judgedOf(out, true).severity).toBe('warn')
})
