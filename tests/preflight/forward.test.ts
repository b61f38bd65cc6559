// The checks of the forward pass and of what is measured with it: planted faults say so, healthy twins do not.
// Evaluations that an engine of its own cannot get wrong are spoilt by a faulty hand on a real subject.
import { expect, test } from 'vitest'
import type { Cause, CheckCode, Evaluation } from '../../src/contract/index.ts'
import { mean, withHand } from './faulty.ts'
import { type Changes, findingOf, findingsOf, seeds, summary } from './polled.ts'

const file = 'forward/forward.run.yaml'

const planted: readonly (readonly [CheckCode, 'NO-GO' | 'WARN', Cause, Record<string, unknown>])[] = [
  ['I2', 'NO-GO', 'double-softmax', { fault: 'softmax' }],
  ['I2', 'NO-GO', 'softmax-over-the-batch', { fault: 'softmax-batch' }],
  ['I3', 'NO-GO', 'symmetric-units', { fault: 'constant' }],
  // zeros wake up one layer after another, and stay copies
  ['I3', 'NO-GO', 'symmetric-units', { fault: 'zeros', activation: 'sigmoid' }],
  ['I3', 'WARN', 'symmetric-units', { fault: 'constant', dropout: 0.5 }],
  ['I3', 'NO-GO', 'symmetric-units', { fault: 'constant-weights' }],
  ['C2', 'WARN', 'config-without-effect', {}],
]

test.each(planted)(
  '%s says %s %s of %o',
  async (check, status, cause, config) => {
    const found = await findingsOf(file, { config, only: [check] })
    expect(findingOf(found, check), summary(found)).toMatchObject({ status, cause })
    expect(findingOf(found, check).advice).not.toBeNull()
  },
  60_000,
)

test('a softmax over one unit is always 1', async () => {
  const found = await findingsOf('line/line.run.yaml', { config: { kind: 'one-unit-softmax' }, only: ['I2'] })
  expect(findingOf(found, 'I2'), summary(found)).toMatchObject({ status: 'NO-GO', cause: 'softmax-over-one-unit' })
}, 60_000)

test('healthy: no word from any of them, on several seeds', async () => {
  const odd = [{ fault: 'ones-head' }, { activation: 'tanh', dropout: 0.5, optimizer: 'sgd' }]
  for (const [i, config] of [...seeds.map(() => ({})), ...odd].entries()) {
    const found = await findingsOf(file, { seed: i % seeds.length, config, only: ['V1', 'V5', 'V7', 'I2', 'I3'] })
    expect(
      found.filter(({ status }) => status !== 'GO').map(({ check }) => check),
      summary(found),
    ).toEqual([])
  }
}, 180_000)

test('C2: a key that the run file sets and nobody reads is NO-GO at its line; one that waits for another value is none', async () => {
  const found = await findingsOf('forward/unread.run.yaml', { only: ['C2'] })
  const finding = findingOf(found, 'C2')
  expect(finding, summary(found)).toMatchObject({ status: 'NO-GO', cause: 'config-without-effect' })
  expect(finding.where).toMatch(/unread\.run\.yaml:\d+/)
  expect(finding.evidence.withoutEffect).toEqual(['nested.idle', 'warmup_steps'])
  expect(finding.evidence.unread).toContain('momentum')
}, 60_000)

/** Evaluations changed on their way out. */
const evaluated = (change: (evaluation: Evaluation, call: number, probe: Record<string, unknown>) => Evaluation) => {
  let calls = 0
  return withHand((subject) => ({
    evaluate: async (probe = {}) => change(await subject.evaluate({ ...probe, perSample: true }), calls++, probe),
  }))
}
const metric = (evaluation: Evaluation, name: string, value: number): Evaluation => ({
  ...evaluation,
  metrics: { ...evaluation.metrics, [name]: value },
})
const sayOf = async (check: CheckCode, engine: Changes['engine']) => {
  const found = await findingsOf(file, { only: [check], ...(engine ? { engine } : {}) })
  const { status, cause } = findingOf(found, check)
  return { status, cause, summary: summary(found) }
}

test('V1: numbers that change from one evaluation to the next; the last places do not count', async () => {
  const drifting = (by: number) =>
    evaluated((one, call) => metric(one, 'loss', (one.metrics.loss ?? 0) * (1 + by * call)))
  expect(await sayOf('V1', drifting(0.01))).toMatchObject({ status: 'WARN', cause: 'random-evaluation' })
  expect(await sayOf('V1', drifting(1e-7))).toMatchObject({ status: 'GO' })
}, 60_000)

const rightOf = ({ perSample }: Evaluation): number[] => {
  if (!perSample) throw new Error('no outputs')
  const floats = (text: string) => new Uint8Array(Buffer.from(text, 'base64')).buffer
  const outputs = new Float32Array(floats(perSample.outputs.float32))
  return Array.from(new Int32Array(floats(perSample.targets.bytes)), (label, row) => {
    const scores = [...outputs.subarray(4 * row, 4 * row + 4)]
    return scores.indexOf(Math.max(...scores)) === label ? 1 : 0
  })
}

test('V5: a mean of batch means, the last batch alone, a metric of its own', async () => {
  const from = (formula: (right: number[]) => number, name = 'accuracy') =>
    evaluated((one) => metric(one, name, formula(rightOf(one))))
  const batches = (right: number[]) => [right.slice(0, 50), right.slice(50, 100), right.slice(100)]
  expect(
    await sayOf(
      'V5',
      from((right) => mean(batches(right).map(mean))),
    ),
  ).toMatchObject({
    status: 'NO-GO',
    cause: 'mean-of-batch-means',
  })
  expect(
    await sayOf(
      'V5',
      from((right) => mean(right.slice(100))),
    ),
  ).toMatchObject({
    status: 'NO-GO',
    cause: 'samples-left-out',
  })
  expect(
    await sayOf(
      'V5',
      from((right) => mean(right.map((one, i) => one * i)), 'own'),
    ),
  ).toMatchObject({
    status: 'WARN',
    cause: 'order-dependent-metric',
  })
}, 90_000)

test('V7: an accuracy that is turned round, looks elsewhere, or counts something else', async () => {
  const accuracy = (value: (right: number) => number) =>
    evaluated((one) => metric(one, 'accuracy', value(one.metrics.accuracy ?? 0)))
  expect(
    await sayOf(
      'V7',
      accuracy((right) => 1 - right),
    ),
  ).toMatchObject({
    status: 'NO-GO',
    cause: 'metric-direction-reversed',
  })
  expect(
    await sayOf(
      'V7',
      accuracy(() => 0.25),
    ),
  ).toMatchObject({
    status: 'NO-GO',
    cause: 'metric-ignores-predictions',
  })
  expect(
    await sayOf(
      'V7',
      accuracy((right) => right ** 2),
    ),
  ).toMatchObject({ status: 'NO-GO', cause: 'metric-wrong' })
  // in percent is a choice of unit
  expect(
    await sayOf(
      'V7',
      accuracy((right) => 100 * right),
    ),
  ).toMatchObject({ status: 'GO' })
  const own = evaluated((one) => metric(one, 'recall', one.metrics.accuracy === 1 ? Number.NaN : 0.5))
  expect(await sayOf('V7', own)).toMatchObject({ status: 'WARN', cause: 'metric-not-finite' })
}, 120_000)
