// Whole sweeps on real processes: failures, pruning, and what stands in the way of one.
// Not interruptions and seeds (tests/slow/sweep-parts.test.ts), nor kills (tests/slow/sweep.test.ts).
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gonogoHere } from '../src/cli/gonogo-here.fixture.ts'
import { ended, space, started, sweepProject, sweepsIn, type Table, tableOf, textOf } from './sweep.fixture.ts'

// few trials: each part of one starts a process
const asha = `sweep:\n  trials: 5\n  prune: asha\n${space}`

test('a trial that fails is recorded with its cause, and the sweep goes on', async () => {
  const throws = `model: (c) => {
    if (c.width === 3) throw new Error('width 3 is cursed')
    return nn.module({ fc: nn.linear(4, 3) }, (m, x: Tensor<2>) => m.fc(x))
  },`
  const folder = sweepProject(
    'sweep:\n  sampler: grid\n  space:\n    config.width: { values: [3, 2] }\n    config.rate: { values: [1e-2, 1e30] }\n',
    { changed: { model: throws } },
  )
  const called = await gonogoHere(folder, 'train', 's.run.yaml')
  expect(called.code).toBe(0)
  const { trials, best } = JSON.parse((await gonogoHere(folder, 'show', 's', '--json')).out) as Table
  expect(trials.map(({ state }) => state)).toEqual(['done', 'failed', 'failed', 'failed'])
  expect(trials[0]!.point).toEqual({ 'config.width': 2, 'config.rate': 0.01 })
  expect(trials.map(({ why }) => why).join('\n')).toMatch(/cursed/)
  expect(called.out).toMatch(/FAILED {2}2 trials: .*cursed/)
  expect(best).not.toBeNull()
  // where none of the first can be opened, there is no sweep
  writeFileSync(
    join(folder, 'none.run.yaml'),
    'gonogo: 1\nname: none\nextends: ./s.run.yaml\nsweep: { space: { config.width: { values: [3] } } }\n',
  )
  const none = await gonogoHere(folder, 'train', 'none.run.yaml', '--json')
  expect(none.code).toBe(2)
  expect(none.out).toContain('cursed')
  expect(sweepsIn(folder)).toHaveLength(1)
}, 120_000)

test('a NO-GO of the first trial trains nothing', async () => {
  const model =
    'model: (c) => nn.module({ head: nn.linear(4, 3) }, (m, x: Tensor<2>) => nn.softmax(m.head(x).mul(1e-9).detach().add(m.head.bias.mul(0)))),'
  const folder = sweepProject(`sweep:\n  trials: 2\n${space}`, { checks: true, changed: { model } })
  const called = await gonogoHere(folder, 'train', 's.run.yaml')
  expect(called.code).toBe(3)
  const { runs } = JSON.parse((await gonogoHere(folder, 'runs', '--json')).out) as { runs: unknown[] }
  expect(runs).toEqual([])
}, 120_000)

test('median: a trial that falls short of those before it ends early', async () => {
  const sweep = `sweep:\n  trials: 4\n  prune: median\n  startup: 1\n${space}`
  const called = await gonogoHere(sweepProject(sweep), 'train', 's.run.yaml', '--json')
  const { trials } = tableOf(called.out)
  const paused = trials.filter(({ state }) => state === 'paused')
  expect(paused.length).toBeGreaterThan(0)
  for (const { why, share, trial } of paused) {
    expect(why).toMatch(/worse than .*, the median of the trials before it/)
    expect(share).toBeLessThan(1)
    expect(trial).toBeGreaterThan(1)
  }
}, 120_000)

test('what stands in the way of a sweep: another process, and changed code', async () => {
  const folder = sweepProject(asha)
  const child = started(folder, ['train', 's.run.yaml'])
  const end = ended(child)
  try {
    await new Promise<void>((done) => child.stderr?.on('data', (text: string) => text.includes('trial 1/5') && done()))
    const second = await gonogoHere(folder, 'resume', sweepsIn(folder)[0]!)
    expect(second.code).toBe(2)
    expect(second.err).toContain('RUN_IN_USE')
  } finally {
    child.kill('SIGKILL')
    await end
  }
  writeFileSync(join(folder, 'experiment.ts'), `${textOf(folder, 'experiment.ts')}// a remark\n`)
  const changed = await gonogoHere(folder, 'resume', sweepsIn(folder)[0]!)
  expect(changed.code).toBe(2)
  expect(changed.err).toContain('SWEEP_CHANGED')
  rmSync(join(folder, 'runs'), { recursive: true })
}, 120_000)
