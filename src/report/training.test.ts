// A run as it is printed while it happens, and its last block.
// Not the loop that makes the events.
import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../contract/index.ts'
import { type Ending, endingLines, endingOf } from './ending.ts'
import { plain } from './look.ts'
import { checkpointed, evaluated, events, plan, steps } from './report.fixture.ts'
import { loggedLine, movingLine, secondsLeft, type Watched, watch, watchFrom } from './training.ts'

const follow = (list: readonly RunEvent[]): { state: Watched; lines: string[] } => {
  let state = watchFrom(plan)
  const lines: string[] = []
  for (const event of list) {
    const [next, said] = watch(state, event, plain)
    state = next
    lines.push(...said)
  }
  return { state, lines }
}

describe('lines that stay', () => {
  test('one an evaluation, with what was kept, then what was decided', () => {
    expect(follow(events).lines.join('\n')).toMatchInlineSnapshot(`
      "epoch 1  val_loss 0.0214  val_accuracy 0.9786  best, kept
      epoch 2  val_loss 0.0098  val_accuracy 0.9902  best, kept
      baseline  at 66% you are where mnist-wide was at 33%: val_accuracy 0.9902, there 0.9911
      epoch 3  val_loss 0.0112  val_accuracy 0.9888"
    `)
  })
  test('in mid-epoch by its step; without a checkpoint nothing is said to be kept', () => {
    expect(follow([evaluated(215, 0.9), steps(216, 217, 1)]).lines).toEqual([
      'step 215  val_loss 0.1000  val_accuracy 0.9000',
    ])
  })
  test('a NaN is a NaN', () => {
    expect(follow([evaluated(430, Number.NaN), checkpointed(430, 'latest')]).lines).toEqual([
      'epoch 1  val_loss NaN  val_accuracy NaN',
    ])
  })
  test('resumed, passed over, warned, advised', () => {
    const { lines } = follow([
      {
        type: 'resumed',
        fromStep: 430,
        fromEpoch: 1,
        checkpoint: 'step-430',
        passedOver: [{ name: 'step-860', reason: 'model.safetensors: sha256 differs' }],
      },
      { type: 'warned', code: 'DISK', message: 'only 1.2 GB are left' },
      {
        type: 'decided',
        step: 542,
        decision: {
          action: 'advise',
          reason: 'patience',
          sentence: 'val_accuracy did not improve in 5 evaluations',
          numbers: {},
        },
      },
    ])
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "WARN  checkpoint step-860 passed over: model.safetensors: sha256 differs
      RESUMED  at step 430 of 1,290, from checkpoint step-430
      WARN  only 1.2 GB are left
      STOP advised  step 542 of 1,290 (42%): val_accuracy did not improve in 5 evaluations; it goes on"
    `)
  })
})

describe('the line that moves', () => {
  const { state } = follow([...events.slice(0, 5), steps(431, 712, 0.0612)])
  test('at 100, 80 and 50 columns', () => {
    expect([100, 80, 50].map((columns) => movingLine(state, { ...plain, columns })).join('\n')).toMatchInlineSnapshot(`
      "epoch 2  ━━━━━━━━━━━━━╸───────────  712/1290  loss 0.0612  lr 9.1e-4  43 steps/s  0:14 left
      epoch 2  ━━━━━━─────  712/1290  loss 0.0612  lr 9.1e-4  43 steps/s  0:14 left
      epoch 2  712/1290  loss 0.0612  lr 9.1e-4"
    `)
  })
  test('in a log', () => {
    expect(loggedLine(state)).toBe('epoch 2  step 712/1290  loss 0.0612  lr 9.1e-4  43 steps/s  0:14 left')
  })
  test('never wider than the terminal', () => {
    for (let columns = 30; columns < 140; columns++)
      expect(movingLine(state, { ...plain, columns }).length).toBeLessThan(columns)
  })
  test('time left counts steps at their present rate, and evaluations by their share', () => {
    // 23 ms a step, 1.15 s aside in 712 steps
    expect(secondsLeft(state)).toBeCloseTo((1290 - 712) * (0.023 + 1.15 / 712), 6)
    expect(secondsLeft(watchFrom(plan))).toBeNaN()
  })
  test('before the first step there is nothing to say', () => {
    expect(loggedLine(watchFrom(plan))).toBe('epoch 1  step 0/1290')
  })
})

describe('the last block', () => {
  const ending = (over: Partial<Ending> = {}): Ending => ({
    ...endingOf(plan, {
      run: 'mnist-cnn-3b2a',
      folder: 'runs/mnist-cnn-3b2a',
      file: 'mnist.run.yaml',
      steps: 1290,
      epochs: 3,
      seconds: 33.4,
      forecast: { seconds: 34 },
      stop: { reason: 'length-reached', sentence: 'all 3 epochs are done' },
      best: { metric: 'val_accuracy', value: 0.9902, step: 1290, checkpoint: 'step-1290' },
      metrics: { val_accuracy: 0.9902, test_loss: 0.03, test_accuracy: 0.9907 },
    }),
    ...over,
  })
  test('done', () => {
    expect(endingLines(ending(), plain).join('\n')).toMatchInlineSnapshot(`
      "DONE  3 epochs, 1,290 steps, 0:33 (forecast 0:34)
      best  val_accuracy 0.9902, epoch 3; test_accuracy 0.9907
      kept  runs/mnist-cnn-3b2a/checkpoints/step-1290
      next  gonogo show mnist-cnn-3b2a
            gonogo runs
            gonogo vary mnist.run.yaml config.learning_rate=0.001 -o mnist-learning-rate.run.yaml"
    `)
  })
  test('stopped, interrupted, crashed, no-go', () => {
    const early = { steps: 800, epochs: 1.86, best: null, metrics: {} }
    const ends: Partial<Ending>[] = [
      { ...early, stop: { reason: 'patience', sentence: 'val_accuracy did not improve in 5 evaluations' } },
      { ...early, stop: { reason: 'not-finite', sentence: 'training loss is NaN at step 800' } },
      { ...early, stop: { reason: 'interrupted', sentence: 'interrupted; checkpoint step-800 is saved' } },
      { ...early, stop: { reason: 'crashed', sentence: 'the worker died' }, file: null },
      { ...early, steps: 0, epochs: 0, stop: { reason: 'no-go', sentence: 'K1 is NO-GO' }, config: {} },
    ]
    expect(ends.map((end) => endingLines(ending(end), plain).join('\n')).join('\n\n')).toMatchInlineSnapshot(`
      "STOPPED  val_accuracy did not improve in 5 evaluations · step 800 of 1,290, 0:33
      next  gonogo show mnist-cnn-3b2a
            gonogo resume mnist-cnn-3b2a
            gonogo vary mnist.run.yaml config.learning_rate=0.001 -o mnist-learning-rate.run.yaml

      STOPPED  training loss is NaN at step 800 · step 800 of 1,290, 0:33
      next  gonogo show mnist-cnn-3b2a
            gonogo vary mnist.run.yaml config.learning_rate=0.001 -o mnist-learning-rate.run.yaml
            gonogo runs

      INTERRUPTED  checkpoint step-800 is saved · step 800 of 1,290, 0:33
      next  gonogo resume mnist-cnn-3b2a
            gonogo show mnist-cnn-3b2a
            gonogo runs

      CRASHED  the worker died · step 800 of 1,290, 0:33
      next  gonogo resume mnist-cnn-3b2a
            gonogo show mnist-cnn-3b2a
            gonogo runs

      NO-GO  K1 is NO-GO; nothing was trained
      next  gonogo check mnist.run.yaml
            gonogo show mnist-cnn-3b2a"
    `)
  })
})
