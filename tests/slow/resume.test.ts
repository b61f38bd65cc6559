import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { experimentText, writeExperiment } from '../../src/engine/experiment.fixture.ts'
import { trainKilled, trainUnbroken } from './kills.ts'

const folder = dirname(writeExperiment(experimentText()))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = 'kill.run.yaml'
writeFileSync(join(folder, 'package.json'), '{}')
writeFileSync(
  join(folder, file),
  `gonogo: 1
name: kill
experiment: ./experiment.ts
threads: 1
seed: 5
train: { length: { steps: 500 }, batch_size: 8 }
evaluate: { every: { steps: 100 } }
checkpoint: { every: { steps: 23 }, keep: { latest: 2, best: 1, top: 2 } }
stop: { patience: { evaluations: 100 } }
`,
)

it('ends bitwise where the unbroken run ends, after 30 kills at random moments', async () => {
  const reference = await trainUnbroken(folder, file)
  expect((await trainUnbroken(folder, file)).end).toEqual(reference.end)
  expect(reference.end.losses).toHaveLength(500)
  let kills = 0
  while (kills < 30) {
    const killed = await trainKilled(folder, file, 6, reference.milliseconds)
    kills += killed.kills
    expect(killed.end).toEqual(reference.end)
  }
})
