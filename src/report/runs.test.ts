// The table of runs and one run on one screen.
// Not how runs are found.
import { expect, test } from 'vitest'
import { bestOf, historyOf } from './history.ts'
import { plain } from './look.ts'
import { checkpointed, evaluated, events, plan } from './report.fixture.ts'
import { showLines } from './show.ts'
import { sparkline } from './sparkline.ts'
import { type RunRow, runsTable } from './tables.ts'

const rows: RunRow[] = [
  { run: 'mnist-wide-7c1f', state: 'running', at: '2/3', objective: 'val_accuracy', value: 0.9871, why: '' },
  { run: 'mnist-cnn-3b2a', state: 'done', at: '3/3', objective: 'val_accuracy', value: 0.9902, why: 'all epochs' },
  { run: 'mnist-soft-0d44', state: 'no-go', at: null, objective: null, value: null, why: 'O4 softmax twice' },
  {
    run: 'mnist-old-55aa',
    state: 'crashed',
    at: '1/3',
    objective: 'val_accuracy',
    value: Number.NaN,
    why: 'gonogo resume mnist-old-55aa',
  },
]

test('runs of one objective', () => {
  expect(runsTable(rows, plain).join('\n')).toMatchInlineSnapshot(`
    "RUN              STATE      AT   val_accuracy  WHY
    mnist-wide-7c1f  ● running  2/3  0.9871
    mnist-cnn-3b2a   ✓ done     3/3  0.9902        all epochs
    mnist-soft-0d44  ✕ no-go    –    –             O4 softmax twice
    mnist-old-55aa   ! crashed  1/3  NaN           gonogo resume mnist-old-55aa"
  `)
})

test('runs of several objectives, narrow, with a hostile name', () => {
  const odd: RunRow = {
    run: 'a\u001b[31m',
    state: 'stopped',
    at: '1/9',
    objective: 'val_loss',
    value: 1e-7,
    why: 'x'.repeat(99),
  }
  expect(runsTable([...rows, odd], { ...plain, columns: 80 }).join('\n')).toMatchInlineSnapshot(`
    "RUN              STATE      AT   BEST                 WHY
    mnist-wide-7c1f  ● running  2/3  0.9871 val_accuracy
    mnist-cnn-3b2a   ✓ done     3/3  0.9902 val_accuracy  all epochs
    mnist-soft-0d44  ✕ no-go    –    –                    O4 softmax twice
    mnist-old-55aa   ! crashed  1/3  NaN val_accuracy     gonogo resume mnist-old-5…
    a\\x1b[31m        ■ stopped  1/9  1.00e-7 val_loss     xxxxxxxxxxxxxxxxxxxxxxxxx…"
  `)
})

test('no runs', () => {
  expect(runsTable([], plain)).toEqual(['no runs yet', 'next  gonogo train FILE'])
})

test('show', () => {
  const view = {
    run: 'mnist-cnn-3b2a',
    folder: 'runs/mnist-cnn-3b2a',
    state: 'done' as const,
    plan,
    events,
    checkpoints: historyOf(events).checkpoints,
    provenance: new Map([
      ['commit', '4ee2c67, clean'],
      ['node', '24.21.0'],
    ]),
  }
  expect(showLines(view, plain).join('\n')).toMatchInlineSnapshot(`
    "mnist-cnn-3b2a · some-engine cpu, 2 threads · seed 0 · plan 7f3a91c2

    DONE  all 3 epochs are done · step 1,290 of 1,290, 0:33
    val_accuracy  best 0.9902 at step 860; last 0.9888; higher is better
    ▁██
    last  val_loss 0.0112, test_accuracy 0.9907

    DECISIONS
    step 860  at 66% you are where mnist-wide was at 33%: val_accuracy 0.9902, there 0.9911

    CHECKPOINTS  runs/mnist-cnn-3b2a/checkpoints
      step-430   –             step 430  2.1 MB
      step-860   best          step 860  2.1 MB
      step-1290  latest        step 1,290  2.1 MB

    PREFLIGHT
    GO      S1  same seed: 20 of 20 steps bitwise equal                                  1.6 s
    GO  1 check, 17.3 s

    CONFIG
      name                             "mnist-cnn"        mnist.run.yaml:2:7
      experiment                       "./experiment.ts"  default
      seed                             0                  default
      device                           "auto"             default
      world                            1                  default
      threads                          null               default
      objective                        null               default
      config.width                     16                 mnist.run.yaml:9:10
      config.activation                "relu"             default
      config.learning_rate             0.002              default
      resume                           null               default
      train.length.epochs              3                  default
      train.batch_size                 128                default
      train.accumulate                 1                  default
      train.clip_norm                  null               default
      train.precision                  "float32"          default
      train.workers                    0                  default
      evaluate.every.epochs            1                  default
      evaluate.batch_size              500                default
      checkpoint.every.epochs          1                  default
      checkpoint.keep.latest           2                  default
      checkpoint.keep.best             1                  default
      checkpoint.keep.top              0                  default
      preflight.budget.seconds         60                 default
      preflight.reuse.hours            24                 default
      preflight.inputs                 0                  default
      preflight.overlap                0.01               default
      stop.mode                        "advise"           default
      stop.patience                    null               default
      stop.divergence                  10                 default
      stop.baseline                    null               default
      stop.benchmark.min_delta         0                  default
      stop.benchmark.z                 3                  default
      stop.benchmark.lag.start         0.4                default
      stop.benchmark.lag.end           0.9                default
      stop.benchmark.pace              1.5                default
      stop.benchmark.remaining         0.75               default
      stop.benchmark.short.from        0.4                default
      stop.benchmark.short.pace        1.5                default
      stop.benchmark.swing             0.5                default
      stop.benchmark.warm_up           0.15               default
      stop.benchmark.hold.evaluations  2                  default
      stop.benchmark.hold.fraction     0.05               default
      stop.benchmark.audit             0.1                default
      stop.prechelt                    null               default
      stop.budget                      null               default

    PROVENANCE
      commit    4ee2c67, clean
      node      24.21.0

    next  gonogo runs"
  `)
  const running = showLines({ ...view, state: 'running', events: events.slice(0, 2), provenance: new Map() }, plain)
  expect(running.slice(2, 4)).toEqual(['RUNNING  step 0 of 1,290', 'val_accuracy  never evaluated; higher is better'])
})

test('what a resume makes void is not counted', () => {
  const history = historyOf([
    evaluated(430, 0.9),
    checkpointed(430, 'latest', 'best'),
    evaluated(860, 0.99),
    checkpointed(860, 'latest', 'best'),
    { type: 'resumed', fromStep: 430, fromEpoch: 1, checkpoint: 'step-430', passedOver: [] },
    evaluated(860, 0.95),
  ])
  expect(bestOf(history, plan.objective)).toEqual({ step: 860, value: 0.95 })
  expect(history.checkpoints.map(({ checkpoint }) => checkpoint.name)).toEqual(['step-430'])
})

test('a newer best takes the word from the older one', () => {
  const history = historyOf(events)
  expect(history.checkpoints.map(({ checkpoint, keptAs }) => [checkpoint.name, ...keptAs])).toEqual([
    ['step-430'],
    ['step-860', 'best'],
    ['step-1290', 'latest'],
  ])
})

test('sparklines', () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8])).toBe('▁▂▃▄▅▆▇█')
  expect(sparkline([5, 5, 5])).toBe('▄▄▄')
  expect(sparkline([1, Number.NaN, 2])).toBe('▁×█')
  expect([...sparkline(Array.from({ length: 1000 }, (_, i) => i))]).toHaveLength(40)
  expect(sparkline([])).toBe('')
})
