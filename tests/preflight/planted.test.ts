// Planted bugs in the experiment itself: each is a NO-GO that names its cause.
import { expect, test } from 'vitest'
import type { Cause, CheckCode } from '../../src/contract/index.ts'
import { findingOf, findingsOf, summary } from './polled.ts'

const planted: readonly (readonly [CheckCode, Cause, string, Record<string, unknown>])[] = [
  ['O4', 'double-softmax', 'tiny', { fault: 'softmax-twice' }],
  ['I1', 'initialisation-too-large', 'tiny', { fault: 'large-initialisation' }],
  ['I1', 'initial-loss-too-low', 'tiny', { fault: 'leak' }],
  ['S1', 'unseeded-initialisation', 'tiny', { fault: 'unseeded-initialisation' }],
  ['S1', 'unseeded-randomness', 'tiny', { fault: 'unseeded-data' }],
  ['V2', 'batch-dependent-outputs', 'tiny', { fault: 'mixes-the-batch' }],
  ['O4', 'does-not-learn', 'tiny', { fault: 'dead' }],
  ['I1', 'sum-reduction', 'own-loss', { reduction: 'sum' }],
  ['O4', 'loss-wrong', 'own-loss', { reduction: 'negative' }],
  ['O1', 'parameter-without-gradient', 'own-loss', { reduction: 'detached' }],
  ['O1', 'loss-term-without-gradient', 'own-loss', { reduction: 'dead-term' }],
  ['V4', 'broadcast-in-loss', 'line', { kind: 'broadcast' }],
  ['O4', 'broadcast-in-loss', 'line', { kind: 'broadcast' }],
  ['O4', 'loss-floor-above-theory', 'line', { kind: 'bounded' }],
]

test.each(planted)(
  '%s says %s',
  async (check, cause, name, config) => {
    const found = await findingsOf(`${name}/${name}.run.yaml`, { config, only: [check] })
    const finding = findingOf(found, check)
    expect(finding, summary(found)).toMatchObject({ status: 'NO-GO', cause })
    expect(finding.seen).toMatch(/\d/)
    expect(finding.expected).not.toBeNull()
    expect(finding.advice).not.toBeNull()
    expect(finding.where ?? 'experiment').toMatch(/experiment/)
  },
  60_000,
)

test('symptoms fold: the broadcast is one finding, and training on it is not asked about twice', async () => {
  const found = await findingsOf('line/line.run.yaml', { config: { kind: 'broadcast' } })
  expect(
    found.filter(({ status }) => status === 'NO-GO').map(({ check }) => check),
    summary(found),
  ).toEqual(['I4'])
  expect(findingOf(found, 'I4').folded).toEqual(expect.arrayContaining(['O4', 'V4']))
}, 120_000)

test('a check that needs another one’s GO is skipped, and says which', async () => {
  const found = await findingsOf('own-loss/own-loss.run.yaml', {
    config: { reduction: 'detached' },
    only: ['O1', 'O4'],
  })
  expect(findingOf(found, 'O4')).toMatchObject({ status: 'SKIPPED', title: 'needs O1, which is NO-GO' })
}, 60_000)

test('unseeded: steps cannot be compared, so K1 is skipped and says why', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', { config: { fault: 'unseeded-data' }, only: ['S1', 'K1'] })
  expect(findingOf(found, 'K1').status, summary(found)).toBe('SKIPPED')
  expect(findingOf(found, 'K1').title).toContain('S1')
  // K1 alone must not take the noise for a lost generator either
  const alone = await findingsOf('tiny/tiny.run.yaml', { config: { fault: 'unseeded-data' }, only: ['K1'] })
  expect(findingOf(alone, 'K1').status, summary(alone)).toBe('SKIPPED')
  const purity = await findingsOf('tiny/tiny.run.yaml', { config: { fault: 'unseeded-data' }, only: ['V3'] })
  expect(findingOf(purity, 'V3').status, summary(purity)).toBe('GO')
}, 60_000)

test('C1: a config that takes unknown keys, text for numbers, or any text', async () => {
  const loose = await findingsOf('loose/loose.run.yaml', { only: ['C1'] })
  expect(findingOf(loose, 'C1'), summary(loose)).toMatchObject({ status: 'NO-GO', cause: 'unknown-key-accepted' })
  const closed = (schema: Record<string, unknown> | null, properties: (key: string) => boolean) => ({
    ...schema,
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries((schema?.properties ?? {}) as Record<string, unknown>).filter(([key]) => properties(key)),
    ),
  })
  const only = (key: string) =>
    findingsOf('loose/loose.run.yaml', {
      only: ['C1'],
      description: (description) => ({ ...description, schema: closed(description.schema, (name) => name === key) }),
    })
  expect(findingOf(await only('rate'), 'C1')).toMatchObject({ status: 'NO-GO', cause: 'wrong-type-accepted' })
  expect(findingOf(await only('note'), 'C1')).toMatchObject({ status: 'NO-GO', cause: 'free-string' })
}, 60_000)
