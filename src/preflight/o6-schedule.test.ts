// The verdict on whole curves of learning rates: schedules as people write them, healthy and wrong. No subject runs here.
import { describe, expect, test } from 'vitest'
import type { ScheduleReport } from '../contract/index.ts'
import { type Asked, judgeSchedule } from './o6-schedule.ts'

const steps = 1000
const stepsPerEpoch = 100

type Scheduler = ScheduleReport['schedulers'][number]

const reportOf = (
  rate: (step: number) => number,
  schedulers: Partial<Scheduler>[] = [],
  total = steps,
): ScheduleReport => {
  const rates = Array.from({ length: total }, (_, i) => rate(i))
  const [max, min] = [Math.max(...rates), Math.min(...rates)]
  return {
    steps: total,
    points: rates.map((value, i) => ({ step: i + 1, rates: { main: [value] } })),
    extremes: {
      main: {
        max,
        maxStep: rates.indexOf(max) + 1,
        min,
        minStep: rates.indexOf(min) + 1,
        zeroSteps: rates.filter((value) => value === 0).length,
      },
    },
    doubt: null,
    schedulers: schedulers.map((one) => ({
      name: 'schedule',
      kind: 'LambdaLR',
      end: null,
      perStep: 0,
      perEpoch: 0,
      ...one,
    })),
    refused: null,
  }
}

const judge = (report: ScheduleReport, changed: Partial<Asked> = {}) =>
  judgeSchedule({ report, updates: 1, stepsPerEpoch, declared: {}, config: {}, where: null, ...changed })

const cosine = (length: number) => (step: number) => 0.5 * (1 + Math.cos((Math.PI * step) / length))
const epoch = (step: number) => Math.floor(step / stepsPerEpoch)

describe('healthy', () => {
  const healthy: readonly [string, ScheduleReport, Partial<Asked>?][] = [
    ['constant', reportOf(() => 0.1)],
    ['a warm-up of nine tenths, and then its fall', reportOf((i) => (i < 850 ? i / 850 : (1000 - i) / 150))],
    ['a ramp that is declared', reportOf((i) => (i + 1) / steps), { declared: { warmup: { share: 1 } } }],
    ['a rate that rises by a third', reportOf((i) => 0.75 + (0.25 * i) / steps)],
    ['zero at the first step', reportOf((i) => (i === 0 ? 0 : 1))],
    ['zero at first, then a ramp', reportOf((i) => Math.min(1, Math.max(0, i - 20) / 100))],
    ['cosine over the run', reportOf(cosine(steps), [{ kind: 'CosineAnnealingLR', end: steps, perStep: 1 }])],
    [
      'cosine over epochs',
      reportOf((i) => cosine(10)(epoch(i)), [{ kind: 'CosineAnnealingLR', end: 10, perEpoch: 1 }]),
    ],
    [
      'cosine over 9 of 10 epochs',
      reportOf((i) => cosine(9.5)(epoch(i)), [{ kind: 'CosineAnnealingLR', end: 9, perEpoch: 1 }]),
    ],
    [
      'a warm-up of 10 batches in a run of 10 epochs',
      reportOf((i) => Math.min(1, 0.1 + i / 10), [{ kind: 'LinearLR', end: 10, perStep: 1 }]),
    ],
    ['a staircase', reportOf((i) => 0.1 ** Math.floor(epoch(i) / 3), [{ kind: 'MultiStepLR', end: 9, perEpoch: 1 }])],
    [
      'a staircase in batches',
      reportOf((i) => 0.1 ** Math.floor(i / 400), [{ kind: 'MultiStepLR', end: 800, perStep: 1 }]),
    ],
    ['warm restarts', reportOf((i) => cosine(250)(i % 250), [{ kind: 'CosineAnnealingWarmRestarts', perStep: 1 }])],
    ['cycles', reportOf((i) => cosine(100)(i), [{ kind: 'CosineAnnealingLR', end: 100, perStep: 1 }])],
    ['zero at the first step', reportOf((i) => Math.min(1, i / 50)), { config: { warmup_steps: 50 } }],
    [
      'a half of the run in warm-up',
      reportOf((i) => Math.min(1, (i + 1) / 500)),
      { declared: { warmup: { share: 0.5 }, peak: 1 } },
    ],
    ['inverse square root', reportOf((i) => Math.min((i + 1) / 40, Math.sqrt(40 / (i + 1))))],
    [
      'polynomial of degree 4',
      reportOf((i) => (1 - i / steps) ** 4, [{ kind: 'PolynomialLR', end: steps, perStep: 1 }]),
    ],
    ['log-linear over four decades', reportOf((i) => 1e-4 ** (i / steps), [{ kind: 'ExponentialLR', perStep: 1 }])],
    [
      'a schedule stepped twice and built for it',
      reportOf(cosine(steps), [{ kind: 'CosineAnnealingLR', end: 2 * steps, perStep: 2 }]),
    ],
    [
      'cosine up and down every four epochs, as cycles are written',
      reportOf(cosine(200), [{ kind: 'CosineAnnealingLR', end: 200, perStep: 1 }]),
    ],
    ['a warm-up of three epochs, one rate each', reportOf((i) => Math.min(1, (epoch(i) + 1) / 3))],
    ['two updates a step, two steps of the schedule', reportOf(cosine(steps), [{ perStep: 2 }]), { updates: 2 }],
    ['a plateau that waits for a metric', reportOf(() => 1, [{ kind: 'ReduceLROnPlateau' }])],
    ['three steps', reportOf((i) => [1, 1e-9, 0][i] ?? 0, [], 3)],
    ['a warm-up of another thing', reportOf(() => 1), { config: { kl_warmup_steps: 100, ema_warmup: 10 } }],
    [
      'the declared',
      reportOf((i) => Math.min(1, (i + 1) / 100) * cosine(steps)(i)),
      { declared: { warmup: { epochs: 1 }, end: 0 } },
    ],
  ]
  test.each(healthy)('%s', (_, report, changed) => {
    expect(judge(report, changed)).toMatchObject({ status: 'GO' })
  })
})

describe('wrong', () => {
  const wrong: readonly [string, string, string, ScheduleReport, Partial<Asked>?][] = [
    [
      'cosine over 10 epochs, stepped for each batch',
      'NO-GO',
      'schedule-unit-wrong',
      reportOf(cosine(10), [{ kind: 'CosineAnnealingLR', end: 10, perStep: 1 }]),
    ],
    [
      'milestones in epochs, stepped for each batch',
      'NO-GO',
      'schedule-unit-wrong',
      reportOf((i) => (i < 3 ? 1 : i < 8 ? 0.1 : 0.01), [{ kind: 'MultiStepLR', end: 8, perStep: 1 }]),
    ],
    [
      'cosine over the run’s steps, stepped for each epoch',
      'NO-GO',
      'schedule-unit-wrong',
      reportOf((i) => cosine(steps)(epoch(i)), [{ kind: 'CosineAnnealingLR', end: steps, perEpoch: 1 }]),
    ],
    [
      'stepped twice',
      'NO-GO',
      'schedule-stepped-twice',
      reportOf((i) => cosine(steps)(2 * i), [{ kind: 'CosineAnnealingLR', end: steps, perStep: 2 }]),
    ],
    [
      'stepped twice an epoch',
      'NO-GO',
      'schedule-stepped-twice',
      reportOf((i) => cosine(10)(2 * epoch(i)), [{ kind: 'CosineAnnealingLR', end: 10, perEpoch: 2 }]),
    ],
    [
      'stepped twice, without an end',
      'WARN',
      'schedule-stepped-twice',
      reportOf((i) => 0.999 ** (2 * i), [{ kind: 'ExponentialLR', perStep: 2 }]),
    ],
    [
      'exponential, stepped for each batch',
      'NO-GO',
      'learning-rate-vanishes',
      reportOf((i) => 0.9 ** i, [{ kind: 'ExponentialLR', perStep: 1 }]),
    ],
    [
      'exponential as for epochs, in a run too short to vanish',
      'WARN',
      'schedule-unit-wrong',
      reportOf((i) => 0.9 ** i, [{ kind: 'ExponentialLR', perStep: 1 }], 60),
      { stepsPerEpoch: 20 },
    ],
    [
      'a cosine of three epochs that swings in a run of ten',
      'WARN',
      'schedule-unit-wrong',
      reportOf(cosine(3), [{ kind: 'CosineAnnealingLR', end: 3, perStep: 1 }]),
    ],
    ['a warm-up in updates, asked for the epoch', 'WARN', 'schedule-unit-wrong', reportOf((i) => (epoch(i) + 1) / 50)],
    ['zero for the last fifth', 'NO-GO', 'learning-rate-vanishes', reportOf((i) => Math.max(0, 1 - i / 700))],
    ['zero in the first epoch', 'NO-GO', 'learning-rate-vanishes', reportOf((i) => Math.min(1, epoch(i) / 5))],
    [
      'a warm-up of whole numbers',
      'WARN',
      'learning-rate-vanishes',
      reportOf((i) => Math.min(1, Math.floor((i + 1) / 50))),
    ],
    ['zero throughout', 'NO-GO', 'learning-rate-vanishes', reportOf(() => 0)],
    [
      'zero in the last epoch',
      'WARN',
      'learning-rate-vanishes',
      reportOf((i) => cosine(9)(epoch(i)), [{ kind: 'CosineAnnealingLR', end: 9, perEpoch: 1 }]),
    ],
    ['a warm-up of ten thousand steps', 'WARN', 'schedule-unit-wrong', reportOf((i) => (i + 1) / 10_000)],
    ['a warm-up of all epochs', 'WARN', 'schedule-unit-wrong', reportOf((i) => (epoch(i) + 1) / 10)],
    ['never stepped', 'WARN', 'schedule-never-stepped', reportOf(() => 1, [{ kind: 'CosineAnnealingLR', end: steps }])],
    [
      'built for ten times the run',
      'WARN',
      'schedule-unlike-declared',
      reportOf((i) => cosine(10 * steps)(i), [{ kind: 'CosineAnnealingLR', end: 10 * steps, perStep: 1 }]),
    ],
    [
      'no warm-up where the config has one',
      'WARN',
      'warm-up-missing',
      reportOf(cosine(steps)),
      { config: { warmup_steps: 100 } },
    ],
    ['another peak than declared', 'NO-GO', 'schedule-unlike-declared', reportOf(() => 1), { declared: { peak: 3 } }],
    [
      'no warm-up where one is declared',
      'NO-GO',
      'schedule-unlike-declared',
      reportOf(cosine(steps)),
      { declared: { warmup: { steps: 100 } } },
    ],
    ['another end than declared', 'NO-GO', 'schedule-unlike-declared', reportOf(() => 1), { declared: { end: 0 } }],
  ]
  test.each(wrong)('%s: %s %s', (_, status, cause, report, changed) => {
    const said = judge(report, changed)
    expect(said, said.title).toMatchObject({ status, cause })
  })
})

test('a scheduler that refuses to go on ends the run there', () => {
  const report = { ...reportOf(() => 1), refused: { step: 401, message: 'ValueError: Tried to step 402 times' } }
  expect(judge(report)).toMatchObject({ status: 'NO-GO', cause: 'schedule-stepped-too-often' })
})

test('rates that nobody knows are no verdict', () => {
  expect(judge({ ...reportOf(() => 0), doubt: 'step() is called with a value' })).toMatchObject({ status: 'SKIPPED' })
})

describe('a schedule that returns rates where factors belong', () => {
  const linear = (rate: number) => reportOf((step) => rate * (1 - step / (steps + 1)))
  test('reaches the square of the rate that was given', () => {
    expect(judge(linear(0.003 ** 2), { given: [0.003] })).toMatchObject({
      status: 'WARN',
      cause: 'learning-rate-out-of-range',
    })
  })
  test.each([
    ['the rate itself', 0.003, 0.003],
    ['rates beside a factor of one', 0.003, 1],
    ['a tenth of a tenth', 0.01, 0.1],
    ['a hundredth that was meant', 0.0001, 0.02],
  ])('%s is reached: nothing to say', (_, peak, given) => {
    expect(judge(linear(peak), { given: [given] })).toMatchObject({ status: 'GO' })
  })
})
