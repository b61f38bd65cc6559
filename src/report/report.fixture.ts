// One plan, a poll and a run with fixed numbers, for the tests of what is printed.
// Not part of the product: nothing but tests imports it.
import { type Finding, type Plan, plan as planSchema, type RunEvent, runFile } from '../contract/index.ts'

export const plan: Plan = planSchema.parse({
  gonogo: 1,
  run: runFile.parse({
    gonogo: 1,
    name: 'mnist-cnn',
    experiment: './experiment.ts',
    config: { width: 16, activation: 'relu', learning_rate: 2e-3 },
    train: { length: { epochs: 3 } },
  }),
  experiment: '/project/experiment.ts',
  folder: '/project',
  task: { kind: 'classification', classes: 10 },
  objective: { name: 'val_accuracy', direction: 'max' },
  metrics: [{ name: 'val_accuracy', direction: 'max' }],
  steps: 1290,
  stepsPerEpoch: 430,
  origins: { name: '/project/mnist.run.yaml:2:7', 'config.width': '/project/mnist.run.yaml:9:10', seed: 'default' },
  code: [],
  packages: {},
  data: [],
  environment: { engine: 'some-engine', device: 'cpu', threads: 2 },
  fingerprint: { code: 'c', packages: 'p', config: 'f', data: 'd', environment: 'e', whole: '7f3a91c2deadbeef' },
})

export const finding = (over: Partial<Finding> = {}): Finding => ({
  check: 'S1',
  status: 'GO',
  cause: null,
  alternatives: [],
  title: 'same seed: 20 of 20 steps bitwise equal',
  seen: '20 of 20 steps bitwise equal',
  expected: 'bitwise equal',
  where: null,
  evidence: { steps: 20 },
  advice: null,
  folded: [],
  seconds: 1.6,
  ...over,
})

export const noGo = finding({
  check: 'K1',
  status: 'NO-GO',
  cause: 'optimizer-not-restored',
  title: 'a resumed run leaves the straight one at step 12',
  where: 'train.py:48   load()',
  seen: 'optimizer empty after load, 12 tensors when saved; step 11 loss equal; step 12 0.8127 resumed, 0.7391 straight',
  expected: 'bitwise equal (S1 holds here)',
  advice: 'optimizer.load_state_dict(state["optimizer"])',
  folded: ['K2'],
  evidence: { step: 12, resumed: 0.8127, straight: Number.NaN, sections: ['optimizer', 'ema'] },
  seconds: 4.1,
})

export const poll: readonly Finding[] = [
  finding(),
  finding({ check: 'I1', title: 'first loss 2.341; chance 2.303, band 2.29–2.39', seconds: 0.3 }),
  noGo,
  finding({ check: 'V4', status: 'WARN', title: 'val pixels 0.4 sd brighter than train; 3 blocks', seconds: 1.2 }),
  finding({
    check: 'O4',
    status: 'SKIPPED',
    title: 'needs O1, which is NO-GO',
    seen: null,
    expected: null,
    seconds: 0,
  }),
  finding({ check: 'V2', status: 'WAIVED', title: '"curriculum needs fixed order" · mnist.run.yaml:25', seconds: 0 }),
]

const step = (n: number, loss: number) => ({
  step: n,
  epoch: Math.ceil(n / 430),
  loss,
  terms: { loss },
  updates: [{ optimizer: 'main', outcome: 'applied' as const, learningRates: [9.1e-4], gradientNorm: null }],
  samples: { count: 128, digest: 'd' },
  seconds: 0.02,
  wait: 0.003,
})

export const steps = (from: number, to: number, loss: number): RunEvent => ({
  type: 'steps',
  records: Array.from({ length: to - from + 1 }, (_, i) => step(from + i, loss)),
})

export const evaluated = (at: number, accuracy: number): RunEvent => ({
  type: 'evaluated',
  step: at,
  epoch: at / 430,
  metrics: { val_loss: 1 - accuracy, val_accuracy: accuracy },
  samples: 5000,
  seconds: 1.1,
})

export const checkpointed = (at: number, ...keptAs: ('latest' | 'best' | 'top')[]): RunEvent => ({
  type: 'checkpointed',
  checkpoint: { name: `step-${at}`, step: at, epoch: at / 430, metrics: {}, manifest: 'm', bytes: 2_140_000 },
  keptAs,
  removed: [],
  seconds: 0.05,
})

export const events: readonly RunEvent[] = [
  {
    type: 'started',
    name: 'mnist-cnn',
    fingerprint: '7f3a',
    steps: 1290,
    epochs: 3,
    objective: 'val_accuracy',
    direction: 'max',
    seed: 0,
  },
  { type: 'preflight', verdict: 'GO', findings: [finding()], seconds: 17.3 },
  steps(1, 430, 0.3),
  evaluated(430, 0.9786),
  checkpointed(430, 'latest', 'best'),
  steps(431, 860, 0.1),
  evaluated(860, 0.9902),
  {
    type: 'decided',
    step: 860,
    decision: {
      action: 'advise',
      reason: 'baseline',
      sentence: 'at 66% you are where mnist-wide was at 33%: val_accuracy 0.9902, there 0.9911',
      numbers: {},
    },
  },
  checkpointed(860, 'latest', 'best'),
  steps(861, 1290, 0.06),
  evaluated(1290, 0.9888),
  checkpointed(1290, 'latest'),
  {
    type: 'ended',
    reason: 'length-reached',
    sentence: 'all 3 epochs are done',
    step: 1290,
    epoch: 3,
    best: { metric: 'val_accuracy', value: 0.9902, step: 860, checkpoint: 'step-860' },
    metrics: { val_accuracy: 0.9888, test_accuracy: 0.9907 },
    seconds: 33.4,
  },
]
