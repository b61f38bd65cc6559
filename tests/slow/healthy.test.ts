// More experiments that are healthy but odd, polled whole: never a NO-GO.
// Not the ones of every day: tests/preflight/healthy.test.ts.
import { expect, test } from 'vitest'
import { verdictOf } from '../../src/contract/index.ts'
import { findingsOf, summary } from '../preflight/polled.ts'

test.each([
  ['a long warm-up that starts at zero', 'tiny', { fault: 'long-warmup' }],
  ['no normalisation, heavy dropout', 'tiny', { norm: false, dropout: 0.8 }],
  ['a network of width one', 'tiny', { width: 1 }],
  ['a body without gradient', 'tiny', { fault: 'frozen-body' }],
  ['a tiny learning rate', 'tiny', { learning_rate: 1e-6 }],
  ['a loss of its own, scaled', 'own-loss', { reduction: 'half' }],
  ['a regression', 'line', {}],
  ['a linear model that cannot fit', 'line', { kind: 'linear' }],
] as const)(
  'healthy but odd is no NO-GO: %s',
  async (_, name, config) => {
    const found = await findingsOf(`${name}/${name}.run.yaml`, { config })
    expect(verdictOf(found), summary(found)).toBe('GO')
  },
  120_000,
)
