// A sweep as it is read: a line a trial, then the table, the winner, the failures, and what to type next.
// Not the ranking.
import { expect, test } from 'vitest'
import { type Outcome, type SweepPlan, sweepSettings } from '../contract/index.ts'
import { plain } from './look.ts'
import { type SweepView, sweepDocument, sweepEndLines, trialLine } from './sweep.ts'
import { sweepHtml } from './sweepHtml.ts'

const objective = { name: 'val_accuracy', direction: 'max' as const }
const trialOf = (trial: number, point: Record<string, unknown>, seeds = [0]) => ({
  trial,
  point,
  runs: seeds.map((seed) => ({ seed, run: `cnn-t${trial}-3b2a`, file: `${trial}.run.yaml` })),
})
const plan: SweepPlan = {
  gonogo: 1,
  name: 'cnn',
  id: '3b2a',
  created: '',
  file: '/p/cnn.run.yaml',
  folder: '/p',
  settings: sweepSettings.parse({
    prune: 'asha',
    space: {
      'config.learning_rate': { log: [1e-4, 1e-1] },
      'config.kind': { values: 'all' },
      'config.dropout': { linear: [0, 1] },
    },
  }),
  skip: [],
  trials: [
    trialOf(1, { 'config.learning_rate': 0.01, 'config.kind': 'gelu', 'config.dropout': 0.2 }),
    trialOf(2, { 'config.learning_rate': 0.0001, 'config.kind': 'relu' }),
    trialOf(3, { 'config.learning_rate': 0.09, 'config.kind': 'relu' }),
    trialOf(4, { 'config.learning_rate': 0.001, 'config.kind': 'relu' }),
  ],
}
const [t1, t2, t3, t4] = plan.trials
const row = {
  spread: null,
  values: [],
  curve: [
    [0.1, 0.5],
    [0.2, Number.NaN],
    [1, 0.9],
  ] as [number, number][],
  seconds: 10,
  share: 1,
  why: '',
}
const view: SweepView = {
  sweep: 'cnn-3b2a',
  folder: 'runs/sweeps/cnn-3b2a',
  plan,
  reason: 'done',
  objective,
  parts: 6,
  best: 'runs/sweeps/cnn-3b2a/best.run.yaml',
  page: null,
  ranking: [
    { ...row, trial: t1!, state: 'done', value: 0.9902 },
    { ...row, trial: t4!, state: 'paused', value: 0.97, share: 1 / 3 },
    { ...row, trial: t2!, state: 'paused', value: 0.91, share: 1 / 9 },
    { ...row, trial: t3!, state: 'failed', value: null, share: 0.02, why: 'loss NaN at step 12' },
  ],
}

test('a sweep that is done', () => {
  expect(sweepEndLines(view, plain).join('\n')).toMatchInlineSnapshot(`
    "TRIAL  val_accuracy  AT      learning_rate  kind  dropout  RUN
    1      0.9902        done    0.01           gelu  0.2      cnn-t1-3b2a
    4      0.9700        33%     0.001          relu  –        cnn-t4-3b2a
    2      0.9100        11%     0.0001         relu  –        cnn-t2-3b2a
    3      –             failed  0.09           relu  –        cnn-t3-3b2a

    DONE  4 trials in 6 parts, 0:40 of training; 37% of the steps of whole runs
    FAILED  1 trial: loss NaN at step 12
    best  trial 1: val_accuracy 0.9902; learning_rate 0.01, kind gelu, dropout 0.2
    wrote runs/sweeps/cnn-3b2a/best.run.yaml
    next  gonogo show cnn-t1-3b2a
          gonogo check runs/sweeps/cnn-3b2a/best.run.yaml"
  `)
})

test('a sweep that was interrupted, and one whose table is cut', () => {
  const waiting = { ...row, trial: t4!, state: 'waiting' as const, value: null, share: 0 }
  const open = { ...view, reason: 'interrupted' as const, best: null, ranking: [view.ranking[0]!, waiting] }
  expect(sweepEndLines(open, plain, 1).join('\n')).toMatchInlineSnapshot(`
    "TRIAL  val_accuracy  AT    learning_rate  kind  dropout  RUN
    1      0.9902        done  0.01           gelu  0.2      cnn-t1-3b2a
    …  1 more: gonogo show cnn-3b2a

    UNFINISHED  4 trials in 6 parts, 0:20 of training; 50% of the steps of whole runs; 1 trial not begun
    best  trial 1: val_accuracy 0.9902; learning_rate 0.01, kind gelu, dropout 0.2
    next  gonogo resume cnn-3b2a
          gonogo show cnn-3b2a"
  `)
})

test('one point with several seeds', () => {
  const trials = [trialOf(1, {}, [0, 1, 2])]
  const own = { ...plan, trials, settings: sweepSettings.parse({}) }
  const ranking = [
    { ...row, trial: trials[0]!, state: 'done' as const, value: 0.99, values: [0.989, 0.99, 0.991], spread: 0.001 },
  ]
  expect(sweepEndLines({ ...view, plan: own, ranking, best: null, parts: 3 }, plain).join('\n')).toMatchInlineSnapshot(`
    "SEED  val_accuracy  RUN
    0     0.9890        cnn-t1-3b2a
    1     0.9900        cnn-t1-3b2a
    2     0.9910        cnn-t1-3b2a

    DONE  3 seeds, 0:10 of training
    mean  val_accuracy 0.9900 ± 0.0010
    next  gonogo baseline set cnn-t1 cnn-t1
          gonogo runs"
  `)
})

test('a trial as it ends; what a machine gets has every digit', () => {
  const outcome: Outcome = { state: 'paused', value: 0.91, step: 10, steps: 90, seconds: 1, curve: [], sentence: '' }
  const report = { type: 'reported' as const, trial: 2, seed: 0, rung: 0, run: '', outcome }
  expect(trialLine(plan, objective, report, plain)).toEqual([
    'trial 2/4  val_accuracy 0.9100 at 11%  learning_rate 0.0001, kind relu  paused',
  ])
  const failed = { ...report, outcome: { ...outcome, state: 'failed' as const, sentence: 'boom \u001b[2J' } }
  expect(trialLine(plan, objective, failed, plain).join('')).toContain('boom \\x1b[2J')
  expect(sweepDocument(view)).toMatchObject({
    trials: [{ trial: 1, value: 0.9902, point: { 'config.kind': 'gelu' } }, {}, {}, {}],
  })
})

test('the page: a line a trial, a picture a parameter, nothing that a name could break', () => {
  const hostile = {
    ...view,
    sweep: '<script>alert(1)</script>',
    ranking: view.ranking.map((r) => ({ ...r, why: '<b>' })),
  }
  const page = sweepHtml(hostile)
  expect(page).not.toContain('<script')
  expect(page).not.toContain('<b>')
  // coordinates are numbers: a NaN in a curve is left out
  expect(page).not.toMatch(/NaN|Infinity|undefined/)
  expect(page.match(/<figure/g)).toHaveLength(1 + 3)
  expect(page.match(/class="line/g)).toHaveLength(3)
  expect(page).toContain('class="dot won"')
  expect(sweepHtml({ ...view, objective: null, ranking: [] })).toContain('</html>')
})
