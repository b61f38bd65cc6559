// Sweeps of some size, killed three times at random moments: the table is the undisturbed one's.
// Not what a sweep is besides: tests/sweep.test.ts.
import { expect, test } from 'vitest'
import { gonogo, space, sweepProject, sweptWithKills, tableOf } from '../sweep.fixture.ts'

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
