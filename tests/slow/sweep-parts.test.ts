// Sweeps that are interrupted, and sweeps of seeds: each trial several processes.
// Not those that are killed (sweep.test.ts), nor those of every day (tests/sweep.test.ts).
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gonogoHere } from '../../src/cli/gonogo-here.fixture.ts'
import { ended, space, started, sweepProject, sweepsIn, type Table, tableOf } from '../sweep.fixture.ts'

test('Ctrl-C: every trial saves, the sweep goes on later and ends with the same table', async () => {
  const sweep = `sweep:\n  trials: 3\n  parallel: 2\n  prune: asha\n${space}`
  const whole = await gonogoHere(sweepProject(sweep), 'train', 's.run.yaml', '--json')
  const folder = sweepProject(sweep)
  const child = started(folder, ['train', 's.run.yaml'])
  const end = ended(child)
  child.stderr?.on('data', () => child.kill('SIGINT'))
  const first = await end
  expect(first.code).toBe(130)
  expect(first.out).toContain('UNFINISHED')
  expect(first.out).toContain(`gonogo resume ${sweepsIn(folder)[0]}`)
  const rest = await gonogoHere(folder, 'resume', sweepsIn(folder)[0]!, '--json')
  expect(rest.code).toBe(0)
  expect(tableOf(rest.out)).toEqual(tableOf(whole.out))
}, 120_000)

test('seeds: the same point with several seeds, compared by name', async () => {
  const folder = sweepProject('', { run: 'seeds: 3\nconfig: { rate: 1e-3 }\n' })
  writeFileSync(
    join(folder, 'other.run.yaml'),
    'gonogo: 1\nname: other\nextends: ./s.run.yaml\nseeds: [0, 1, 5]\nconfig: { rate: 3e-2 }\n',
  )
  const called = await gonogoHere(folder, 'train', 's.run.yaml', '--json')
  expect(called.code).toBe(0)
  const [row] = (JSON.parse(called.out) as Table).trials
  expect(row).toMatchObject({ state: 'done', value: expect.any(Number), spread: expect.any(Number) })
  expect(row!.runs.map(({ seed }) => seed)).toEqual([0, 1, 2])
  expect(called.out).not.toContain('proposal')
  expect((await gonogoHere(folder, 'baseline', 'set', 'good', 's')).code).toBe(0)
  const other = await gonogoHere(folder, 'train', 'other.run.yaml', '--json')
  expect(other.code).toBe(0)
  const compared = await gonogoHere(folder, 'compare', 's', 'other', '--json')
  expect(JSON.parse(compared.out)).toMatchObject({ a: { n: 3 }, b: { n: 3 }, method: 'Welch' })
  // better over its seeds: proposed, with every seed; one run alone proves nothing, a worse one is no news
  const { proposal } = JSON.parse(other.out) as { proposal: { runs: string[] } }
  expect(proposal).toMatchObject({ baseline: 'good@1', state: 'proved', comparison: { verdict: 'better' } })
  expect(proposal.runs).toHaveLength(3)
  const one = (rate: string) => {
    writeFileSync(
      join(folder, 'one.run.yaml'),
      `gonogo: 1\nname: one\nextends: ./s.run.yaml\nseeds: [9]\nconfig: { rate: ${rate} }\n`,
    )
    return gonogoHere(folder, 'train', 'one.run.yaml')
  }
  const ahead = await one('2e-2')
  expect(ahead.out.split('DONE')[1]?.replaceAll(/\s+/g, ' ')).toMatch(/ahead of good@1: .*one run is no proof/)
  expect(ahead.out).not.toContain('baseline set good')
  expect((await one('1e-4')).out).not.toMatch(/good@/)
  expect((await gonogoHere(folder, 'baseline', 'set', 'good', ...proposal.runs)).code).toBe(0)
}, 120_000)
