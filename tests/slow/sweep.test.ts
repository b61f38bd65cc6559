// Sweeps that are killed at random moments: the table is the undisturbed one's.
// Not what a sweep is besides: tests/sweep.test.ts.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gonogo, space, sweepProject, sweepsIn, sweptWithKills, type Table, tableOf, textOf } from '../sweep.fixture.ts'

const few = `sweep:\n  trials: 5\n  prune: asha\n${space}`

for (const [prune, trials] of [
  ['asha', 64],
  ['median', 16],
  ['hyperband', 16],
] as const)
  test(`${trials} trials under ${prune}, 3 kills`, async () => {
    const sweep = `sweep:\n  trials: ${trials}\n  prune: ${prune}\n${space}`
    const whole = await gonogo(sweepProject(sweep), 'train', 's.run.yaml', '--json')
    expect(whole.code).toBe(0)
    const { called, kills } = await sweptWithKills(sweepProject(sweep), 3, 8_000)
    expect(called.code).toBe(0)
    expect(kills).toBeGreaterThan(0)
    expect(tableOf(called.out)).toEqual(tableOf(whole.out))
    expect(tableOf(called.out).trials).toHaveLength(trials)
  }, 1_800_000)

test('few trials, 2 kills: what is left is one run a trial, and the winner trains by its own file', async () => {
  const whole = await gonogo(sweepProject(few), 'train', 's.run.yaml', '--json')
  expect(whole.code).toBe(0)
  const folder = sweepProject(few)
  const { called, kills } = await sweptWithKills(folder, 2, 3000)
  expect(called.code).toBe(0)
  expect(kills).toBeGreaterThan(0)
  const table = tableOf(called.out)
  expect(table).toEqual(tableOf(whole.out))
  expect(table.trials.map(({ state }) => state)).toContain('paused')
  expect(table.trials[0]).toMatchObject({ state: 'done', share: 1 })
  // every trial is one run, and no kill left another
  const runs = JSON.parse((await gonogo(folder, 'runs', '--json')).out) as { runs: { run: string }[] }
  expect(runs.runs).toHaveLength(5)
  expect(readdirSync(join(folder, 'runs', 'sweeps'))).toHaveLength(1)
  const shown = await gonogo(folder, 'show', sweepsIn(folder)[0]!, '--json')
  expect(tableOf(shown.out)).toEqual(table)
  const { out: saved } = await gonogo(folder, 'savings', '--json')
  const pruned = table.trials.filter(({ state }) => state === 'paused').length
  expect(JSON.parse(saved)).toMatchObject({ pruned: { count: pruned }, cost: { seconds: expect.any(Number) } })
  expect((JSON.parse(saved) as { cost: { seconds: number } }).cost.seconds).toBeGreaterThan(0)
  // the winner's file is a run file of its own
  const { best, page, trials } = JSON.parse(called.out) as Table
  expect(textOf(folder, page!)).toContain('<svg')
  const config = trials[0]!.point['config.rate'] as number
  expect(textOf(folder, best!)).toContain(`rate: ${config}`)
  const trained = await gonogo(folder, 'train', best!, '--json')
  expect(trained.code).toBe(0)
  expect(JSON.parse(trained.out)).toMatchObject({ steps: 90, run: expect.stringMatching(/^s-best-/) })
}, 180_000)
