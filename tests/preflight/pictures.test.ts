// Pictures that checks of a real experiment carry, and inputs that are shown only where the run file asks for them.
import { expect, test } from 'vitest'
import { type Finding, finding, type RunFile } from '../../src/contract/index.ts'
import { preflightHtml } from '../../src/report/index.ts'
import { plan } from '../../src/report/report.fixture.ts'
import { findingOf, findingsOf, summary } from './polled.ts'

const asking = (inputs: number) => (run: RunFile) => ({ ...run, preflight: { ...run.preflight, inputs } })
const titles = (found: readonly Finding[]) => found.flatMap(({ pictures = [] }) => pictures.map(({ title }) => title))

test('curve, schedule, resumed runs, classes, gradients, forecast: drawn from what was measured', async () => {
  const found = await findingsOf('tiny/tiny.run.yaml', { only: ['D3', 'O1', 'O4', 'O6', 'K1', 'F1', 'D4'] })
  for (const each of found) expect(finding.safeParse(each).success, each.check).toBe(true)
  const pictureOf = (check: Finding['check']) => findingOf(found, check).pictures?.[0]
  const { evidence } = findingOf(found, 'O4')
  const overfit = pictureOf('O4')
  if (overfit?.kind !== 'lines') throw new Error(summary(found))
  expect(overfit.lines[0]?.points[0]?.[1]).toBe(evidence.start)
  const resumed = pictureOf('K1')
  if (resumed?.kind !== 'lines') throw new Error(summary(found))
  const straight = new Map(resumed.lines[0]?.points)
  for (const { points } of resumed.lines.slice(1))
    for (const [step, loss] of points) expect(loss).toBe(straight.get(step))
  expect(resumed.lines.length).toBeGreaterThan(1)
  const classes = pictureOf('D3')
  if (classes?.kind !== 'bars') throw new Error(summary(found))
  expect(classes.groups.reduce((sum, { values }) => sum + (values[0] ?? 0), 0)).toBeCloseTo(1, 9)
  expect(pictureOf('O1')?.kind).toBe('bars')
  expect(pictureOf('O6')?.kind).toBe('lines')
  expect(pictureOf('F1')?.kind).toBe('intervals')
  expect(preflightHtml(found, plan).match(/<figure/g)).toHaveLength(6)
})

test('inputs are shown where the run file asks, and nowhere else', async () => {
  const asked = await findingsOf('tiny/tiny.run.yaml', { only: ['D4'], run: asking(5) })
  const [shown] = findingOf(asked, 'D4').pictures ?? []
  if (shown?.kind !== 'samples') throw new Error(summary(asked))
  expect(shown.samples).toHaveLength(5)
  const whole = await findingsOf('tiny/tiny.run.yaml', { only: ['D3', 'D4', 'O1', 'O4'] })
  expect(titles(whole)).not.toContain('Training inputs with their labels')
})
