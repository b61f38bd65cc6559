// Healthy experiments on several seeds, and three odd ones: never a NO-GO.
// Not all of the odd: tests/slow/healthy.test.ts has more.
import { expect, test } from 'vitest'
import { verdictOf } from '../../src/contract/index.ts'
import { absentOnEmbedded, findingOf, findingsOf, seeds, summary } from './polled.ts'

const statuses = (found: Awaited<ReturnType<typeof findingsOf>>) =>
  Object.fromEntries(found.map(({ check, status }) => [check, status]))

test('a healthy experiment: GO, and SKIPPED what it has not, on several seeds', async () => {
  for (const seed of seeds) {
    const found = await findingsOf('tiny/tiny.run.yaml', { seed })
    // an overview: whatever is not GO stands out
    expect(
      Object.entries(statuses(found)).filter(([, status]) => status !== 'GO'),
      `seed ${seed}\n${summary(found)}`,
    ).toEqual(found.flatMap(({ check }) => (absentOnEmbedded.includes(check) ? [[check, 'SKIPPED']] : [])))
    for (const finding of found.filter(({ status }) => status !== 'SKIPPED')) {
      expect(finding.seen, finding.check).not.toBeNull()
      expect(finding.expected, finding.check).not.toBeNull()
    }
  }
}, 180_000)

test.each([
  ['a head of zeros', 'tiny', { fault: 'zero-head' }],
  ['a large learning rate', 'tiny', { learning_rate: 0.3 }],
  ['a loss of its own', 'own-loss', {}],
] as const)(
  'healthy but odd is no NO-GO: %s',
  async (_, name, config) => {
    const found = await findingsOf(`${name}/${name}.run.yaml`, { config })
    expect(verdictOf(found), summary(found)).toBe('GO')
  },
  120_000,
)

test('a linear model is told that one batch is not fitted, as a warning', async () => {
  const found = await findingsOf('line/line.run.yaml', { config: { kind: 'linear' }, only: ['O4'] })
  expect(findingOf(found, 'O4')).toMatchObject({ status: 'WARN', cause: 'loss-floor-above-theory' })
}, 60_000)

test('one epoch, one batch an epoch, three steps in all: nothing to cut is no fault', async () => {
  for (const train of [
    { length: { epochs: 1 }, batch_size: 16 },
    { length: { epochs: 4 }, batch_size: 400 },
    { length: { steps: 3 }, batch_size: 16 },
  ]) {
    const found = await findingsOf('tiny/tiny.run.yaml', {
      run: (run) => ({ ...run, train: { ...run.train, ...train } }),
    })
    expect(verdictOf(found), summary(found)).toBe('GO')
  }
}, 180_000)
