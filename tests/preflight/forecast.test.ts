// The forecast of a real run: a budget that it exceeds is a NO-GO before the first step, and its end stands beside what came true.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { train } from '../../src/run.ts'
import { experiments, findingOf, findingsOf, summary } from './polled.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('a run that takes more disk than its budget is a NO-GO, one that takes less is a GO', async () => {
  const said = async (disk_gigabytes: number) =>
    findingOf(
      await findingsOf('tiny/tiny.run.yaml', { run: (run) => ({ ...run, budget: { disk_gigabytes } }), only: ['F1'] }),
      'F1',
    )
  expect(await said(1e-6)).toMatchObject({ status: 'NO-GO', cause: 'over-budget' })
  expect(await said(1)).toMatchObject({ status: 'GO' })
}, 60_000)

test('the end of a run tells what was foretold, and it was so', async () => {
  const folder = mkdtempSync(path.join(experiments, 'forecast-'))
  made.push(folder)
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}')
  const file = path.join(folder, 'a.run.yaml')
  const given = readFileSync(path.join(experiments, 'tiny/tiny.run.yaml'), 'utf8')
  writeFileSync(file, given.replace('./experiment.ts', '../tiny/experiment.ts').replace('epochs: 4', 'epochs: 40'))
  const result = await train(file, { only: ['F1'] })
  expect(result.forecast, summary(result.findings)).not.toBeNull()
  const { low = 0, high = 0 } = result.forecast ?? {}
  // generous: this machine runs other things meanwhile
  expect(result.seconds).toBeGreaterThan(0.2 * low)
  expect(result.seconds).toBeLessThan(5 * high)
}, 120_000)
