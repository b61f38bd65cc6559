import { expect, test } from 'vitest'
import type { Facts, StepRecord, TensorFact } from '../contract/index.ts'
import { fromDeclarations, judge, type Observation, observationOf } from './o1-trainable-set.ts'

const tensor = (name: string, changes: Partial<TensorFact> = {}): TensorFact => ({
  name,
  kind: 'parameter',
  shape: [2],
  dtype: 'float32',
  trainable: true,
  frozen: false,
  tiedTo: null,
  optimizers: ['main'],
  where: `model.py:${name}`,
  ...changes,
})
const facts = (...tensors: TensorFact[]): Pick<Facts, 'tensors' | 'optimizers' | 'where'> => ({
  tensors,
  optimizers: [{ name: 'main', kind: 'adamw', learningRates: [1e-3], weightDecays: [0] }],
  where: { optimizer: 'train.py:3' },
})
const seen = (of: Record<string, [gradient: number | null, change: number]>, whole = 1): Observation => ({
  of: new Map(Object.entries(of).map(([name, [gradient, change]]) => [name, { gradient, change }])),
  whole,
  applied: 3,
  steps: 3,
  rate: 1e-3,
})
const causeOf = (...at: Parameters<typeof judge>) => `${judge(...at).status} ${judge(...at).cause ?? ''}`.trim()

test('healthy: all move; a bias before batch norm has rounding for a gradient; an unused head has none', () => {
  const found = facts(tensor('a'), tensor('b'), tensor('bias'), tensor('unused'))
  expect(causeOf(found, seen({ a: [1, 0.1], b: [0.5, 0.1], bias: [1e-9, 0], unused: [null, 0] }))).toBe('GO')
})

test('healthy: frozen parts stay, ties count once, a teacher without gradient is in no optimizer', () => {
  const found = facts(
    tensor('a'),
    tensor('body', { frozen: true, trainable: false, optimizers: [] }),
    tensor('tied', { tiedTo: 'a', optimizers: [] }),
    tensor('teacher', { optimizers: [] }),
  )
  expect(causeOf(found, seen({ a: [1, 0.1], body: [null, 0], tied: [1, 0.1], teacher: [null, 0] }))).toBe('GO')
})

test('a layer in a plain list: a gradient and no optimizer', () => {
  const found = judge(facts(tensor('a'), tensor('hidden', { optimizers: [] })), seen({ a: [1, 0.1], hidden: [0.5, 0] }))
  expect(found).toMatchObject({ status: 'NO-GO', cause: 'parameter-not-in-optimizer', where: 'model.py:hidden' })
})

test('updates written by hand need no optimizer; what then stays is held to it', () => {
  const byHand = { ...facts(tensor('a', { optimizers: [] }), tensor('b', { optimizers: [] })), optimizers: [] }
  expect(causeOf(byHand, { ...seen({ a: [1, 0.1], b: [1, 0.1] }), applied: 0 })).toBe('GO')
  expect(causeOf(byHand, { ...seen({ a: [1, 0.1], b: [1, 0] }), applied: 0 })).toBe('NO-GO parameter-not-in-optimizer')
  expect(causeOf(byHand, { ...seen({ a: [null, 0], b: [null, 0] }), applied: 0 })).toMatch(/^NO-GO/)
})

test('a declared-frozen parameter that moves', () => {
  expect(causeOf(facts(tensor('a'), tensor('f', { frozen: true })), seen({ a: [1, 0.1], f: [0.1, 0.01] }))).toBe(
    'NO-GO frozen-parameter-moves',
  )
})

test('nothing has a gradient; nothing moves; one thing does not move', () => {
  expect(causeOf(facts(tensor('a')), seen({ a: [null, 0] }, 0))).toBe('NO-GO parameter-without-gradient')
  expect(causeOf(facts(tensor('a')), seen({ a: [1, 0] }))).toBe('NO-GO parameter-does-not-move')
  expect(causeOf(facts(tensor('a'), tensor('b')), seen({ a: [1, 0.1], b: [1, 0] }))).toBe(
    'NO-GO parameter-does-not-move',
  )
})

test('several optimizers: a gradient from the other one’s loss moves nothing; a whole optimizer that moves nothing is a fault', () => {
  const two = (name: string, optimizer: string) => tensor(name, { optimizers: [optimizer] })
  const gan = {
    ...facts(two('g', 'generator'), two('d', 'discriminator'), two('bias', 'discriminator')),
    optimizers: ['generator', 'discriminator'].map((name) => ({
      name,
      kind: 'adam',
      learningRates: [1e-3],
      weightDecays: [0],
    })),
  }
  expect(causeOf(gan, seen({ g: [1, 0.1], d: [1, 0.1], bias: [1, 0] }))).toBe('GO')
  expect(causeOf(gan, seen({ g: [1, 0.1], d: [1, 0], bias: [1, 0] }))).toBe('NO-GO parameter-does-not-move')
})

test('most parameters without gradient only warn', () => {
  const found = facts(tensor('a'), tensor('b'), tensor('c'))
  expect(causeOf(found, seen({ a: [1, 0.1], b: [null, 0], c: [null, 0] }))).toBe('WARN parameter-without-gradient')
})

test('an optimizer over frozen parameters, and one over parameters of another model', () => {
  expect(fromDeclarations(facts(tensor('head', { trainable: false })))?.cause).toBe('parameter-without-gradient')
  expect(fromDeclarations(facts(tensor('head', { optimizers: [] })))?.cause).toBe('parameter-not-in-optimizer')
  expect(fromDeclarations(facts(tensor('head')))).toBeNull()
  const average = facts(tensor('head', { optimizers: [] }), tensor('average', { trainable: false }))
  expect(fromDeclarations(average)?.cause).toBe('parameter-not-in-optimizer')
})

test('a term that reaches nothing; one that is zero so far, and one whose graph is not seen, pass', () => {
  const records = (value: number, reached: string[] | null): StepRecord[] =>
    [1, 2].map((step) => ({
      step,
      epoch: 1,
      loss: 1 + value,
      terms: { fit: 1, extra: value },
      updates: [{ optimizer: 'main', outcome: 'applied', learningRates: [1], gradientNorm: 1 }],
      samples: { count: 1, digest: '' },
      parameters: { a: { gradient: 1, change: 0.1, norm: 1 } },
      trace: { terms: { fit: ['a'], extra: reached }, loss: ['a'], strays: [], symmetry: {} },
      seconds: 0,
      wait: 0,
    }))
  const verdict = (value: number, reached: string[] | null) =>
    causeOf(facts(tensor('a')), observationOf(records(value, reached), 1))
  expect(verdict(0.5, [])).toBe('NO-GO loss-term-without-gradient')
  expect(verdict(0, [])).toBe('GO')
  expect(verdict(0.5, null)).toBe('GO')
  expect(verdict(0.5, ['a'])).toBe('GO')
})

test('a leaf that nothing holds, stays as it is and gets a gradient', () => {
  const stray = { name: 'net.LAYERS', shape: [3], stays: true, gradient: 0.5 }
  const at = (strays: Observation['strays']) =>
    causeOf(facts(tensor('a')), { ...seen({ a: [1, 0.1] }), strays: strays ?? [] })
  expect(at([stray])).toBe('NO-GO parameter-not-in-optimizer')
  expect(at([])).toBe('GO')
})

test('what rests on purpose: layers that are thawed later, a gradient that is withheld, a discriminator that begins later', () => {
  const two = ['head', 'body'].map((name) => ({ name, kind: 'adam', learningRates: [1e-3], weightDecays: [0] }))
  const at = (body: Partial<TensorFact>, name = 'body') => ({
    ...facts(tensor('head', { optimizers: ['head'] }), tensor(name, { optimizers: ['body'], ...body })),
    optimizers: two,
  })
  expect(fromDeclarations(at({ trainable: false }))?.status).toBe('WARN')
  // a tensor that only its optimizer holds was never meant to rest
  expect(fromDeclarations(at({ trainable: false }, 'body.0.0'))?.status).toBe('NO-GO')
  const withheld = (used: number | null): Observation => ({
    ...seen({ a: [1, 0.1] }),
    of: new Map([
      ['a', { gradient: 1, used: 1, change: 0.1 }],
      ['last', { gradient: 1, used, change: 0 }],
    ]),
  })
  expect(causeOf(facts(tensor('a'), tensor('last')), withheld(0))).toBe('GO')
  expect(causeOf(facts(tensor('a'), tensor('last')), withheld(1))).toBe('NO-GO parameter-does-not-move')
  const waits = (gradient: number | null, ...stepped: string[]): string =>
    causeOf(at({}), { ...seen({ head: [1, 0.1], body: [gradient, 0] }), stepped: new Set(stepped) })
  expect(waits(null, 'head')).toBe('WARN parameter-without-gradient')
  expect(waits(0, 'head', 'body')).toBe('WARN parameter-without-gradient')
  expect(waits(null, 'head', 'body')).toBe('NO-GO parameter-without-gradient')
})

test('a network in evaluation mode that gets gradients measures; a step without gradient and update fills a memory', () => {
  const found = facts(tensor('a'), tensor('vgg', { optimizers: [] }))
  const both = seen({ a: [1, 0.1], vgg: [0.5, 0] })
  expect(causeOf(found, { ...both, spectators: ['vgg'] })).toBe('WARN parameter-not-in-optimizer')
  expect(causeOf(found, both)).toBe('NO-GO parameter-not-in-optimizer')
  const idle = { ...seen({ a: [null, 0] }, 0), applied: 0 }
  expect(causeOf(facts(tensor('a')), { ...idle, stepped: new Set() })).toBe('WARN parameter-does-not-move')
  expect(causeOf(facts(tensor('a')), { ...idle, stepped: new Set(['main']) })).toBe('NO-GO parameter-without-gradient')
  const follows = facts(tensor('a'), tensor('target', { optimizers: [] }))
  const drifts = { ...seen({ a: [null, 0], target: [null, 1e-9] }, 0), applied: 0, stepped: new Set<string>() }
  expect(causeOf(follows, drifts)).toBe('WARN parameter-does-not-move')
})

test('weights that no step reaches warn; a bias alone, a gradient of zero and frozen weights do not', () => {
  const matrix = { shape: [4, 4] }
  const found = facts(tensor('a', matrix), tensor('b', matrix), tensor('attn', matrix), tensor('attn.bias'))
  const moving: Record<string, [number, number]> = { a: [1, 0.1], b: [1, 0.1] }
  const unreached = judge(found, seen({ ...moving, attn: [null, 0], 'attn.bias': [null, 0] }))
  expect(unreached).toMatchObject({ status: 'WARN', cause: 'parameter-without-gradient', where: 'model.py:attn' })
  expect(unreached.seen).not.toContain('bias')
  expect(causeOf(found, seen({ ...moving, attn: [0, 0], 'attn.bias': [null, 0] }))).toBe('GO')
  const frozen = facts(tensor('a', matrix), tensor('attn', { ...matrix, frozen: true, trainable: false }))
  expect(causeOf(frozen, seen({ a: [1, 0.1], attn: [null, 0] }))).toBe('GO')
})

test('a step that leaves the model in evaluation mode for the next one of its epoch', () => {
  const record = (step: number, epoch: number, training: number, resting: string[]) =>
    ({
      step,
      epoch,
      updates: [],
      parameters: { a: { gradient: 1, clipped: 1, change: 0.1, norm: 1 } },
      trace: { terms: {}, strays: [], modes: { training, resting } },
      terms: {},
    }) as unknown as StepRecord
  const judged = (...records: StepRecord[]) =>
    causeOf(facts(tensor('a')), { ...observationOf(records, 1e-3), applied: records.length })
  const [trains, rests] = [record(1, 0, 2, []), record(2, 0, 0, ['norm', 'dropout'])]
  expect(judged(trains, rests)).toBe('NO-GO not-in-training-mode')
  expect(judged(trains, record(2, 0, 2, []))).toBe('GO')
  // statistics of one layer are frozen; an epoch has ended in between; the model was in evaluation mode from the start
  expect(judged(trains, record(2, 0, 1, ['norm']))).toBe('GO')
  expect(judged(trains, record(2, 1, 0, ['norm', 'dropout']))).toBe('GO')
  expect(judged(record(1, 0, 0, ['norm']), rests)).toBe('WARN not-in-training-mode')
})
