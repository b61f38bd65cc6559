// Sweeps without training: which trials go on, and that neither the order of completion nor a restart changes it.
import { expect, test } from 'vitest'
import { drawOf } from '../../contract/index.ts'
import type { Outcome, Prune } from '../../contract/sweep.ts'
import { type Limits, limitsOf, shortOf } from './median.ts'
import { brackets, prunerOf, type Sweep } from './pruners.ts'
import { rungsOf } from './rungs.ts'
import { type Task, type Timeline, timelineOf } from './timeline.ts'

const steps = 270
const rungs = [1 / 9, 1 / 3, 1]
const sweepOf = (prune: Prune, trials: number): Sweep => ({
  prune,
  trials,
  rungs: prune === 'asha' || prune === 'hyperband' ? rungs : [1],
  reduction: 3,
  first: 0.1,
  startup: 5,
  direction: 'min',
})

/** What a trial comes to: losses that fall by trial and seed; some fail, some end by a rule of their own. */
const outcomeOf = (task: Task, shares: readonly number[], limits: Limits): Outcome => {
  const draw = drawOf(1000 * task.trial + task.seed)
  const [level, speed, fate] = [draw() / 2 ** 32, 1 + (draw() % 5), draw() % 20]
  const upTo = shares[task.rung]!
  const loss = (share: number) => level + 1 / (1 + 10 * speed * share)
  const at = (share: number): [number, number] => [share, loss(share)]
  const whole = Array.from({ length: 27 }, (_, i) => at((i + 1) / 27)).filter(([share]) => share <= upTo + 1e-9)
  if (fate === 0) return { ...base, state: 'failed', value: null, step: 5, curve: [], sentence: 'NaN' }
  const cut = whole.findIndex(([share, value]) => shortOf('min', limits, share, value) !== null)
  const curve = cut < 0 ? whole : whole.slice(0, cut + 1)
  const [share, value] = curve.at(-1)!
  const early = fate === 1 && share > 0.2
  const isWhole = share >= 1 - 1e-9 || early
  return { ...base, state: isWhole ? 'done' : 'paused', value, step: Math.round(share * steps), curve, sentence: '' }
}
const base = { steps, seconds: 1 }

/** Trains what is wanted in a random order, forgetting all but the outcomes now and then. */
const run = (
  sweep: Sweep,
  seeds: readonly number[],
  parallel: number,
  seed: number,
): Timeline & { trained: number } => {
  const draw = drawOf(seed)
  const pruner = prunerOf(sweep)
  const found = new Map<string, Outcome>()
  const key = ({ trial, seed: own, rung }: Task) => `${trial} ${own} ${rung}`
  const known = {
    outcome: (task: Task) => {
      for (let rung = task.rung; rung >= 0; rung--) {
        const outcome = found.get(key({ ...task, rung }))
        if (outcome !== undefined && (rung === task.rung || outcome.state !== 'paused')) return outcome
      }
      return undefined
    },
    // a task may have come anywhere on its way
    reached: (task: Task) =>
      last.wanted.some((own) => key(own) === key(task))
        ? ((draw() % 10) / 10) * (outcomeNow(task, last).step / steps)
        : 0,
  }
  const outcomeNow = (task: Task, { seen }: Timeline) =>
    outcomeOf(task, sweep.rungs, sweep.prune === 'median' ? limitsOf(sweep, seen.slice(0, task.after)) : [])
  let trained = 0
  let last: Timeline = { wanted: [], begun: [], seen: [] }
  for (;;) {
    const timeline = timelineOf(pruner, { seeds, parallel }, known)
    expect(timeline.wanted.length).toBeLessThanOrEqual(parallel)
    if (timeline.wanted.length === 0) return { ...timeline, trained }
    const task = timeline.wanted[draw() % timeline.wanted.length]!
    last = timeline
    found.set(key(task), outcomeNow(task, timeline))
    trained++
  }
}

for (const prune of ['none', 'median', 'asha', 'hyperband'] as const)
  for (const parallel of [1, 3])
    test(`${prune}, ${parallel} at once: the order in which trials come back changes nothing`, () => {
      const sweep = sweepOf(prune, 27)
      const first = run(sweep, [0], parallel, 1)
      expect(first.begun.length).toBeGreaterThanOrEqual(27)
      expect(first.seen).toHaveLength(first.begun.length)
      for (let seed = 2; seed < 12; seed++) expect(run(sweep, [0], parallel, seed)).toEqual(first)
    })

test('several seeds are one trial: it goes on by their mean, and each of them trains', () => {
  const { begun, seen, trained } = run(sweepOf('asha', 9), [0, 1], 2, 1)
  expect(run(sweepOf('asha', 9), [0, 1], 2, 7)).toMatchObject({ begun, seen })
  expect(seen).toHaveLength(begun.length)
  expect(trained).toBeLessThanOrEqual(2 * begun.length)
  expect(seen.every(({ curves }) => curves.length === 2)).toBe(true)
})

test('ASHA: a third goes on at each rung, the best of those seen, and one comes to the end', () => {
  const { begun, seen } = run(sweepOf('asha', 27), [0], 1, 1)
  const at = (rung: number) => begun.filter((job) => job.rung === rung).length
  expect(at(0)).toBe(27)
  // some go on early who would not have at the end: the price of not waiting
  expect(at(1)).toBeGreaterThanOrEqual(9)
  expect(at(1)).toBeLessThan(18)
  expect(at(2)).toBeGreaterThanOrEqual(Math.floor(at(1) / 3))
  // whoever goes on was among the best third of those seen by then
  for (const [index, job] of begun.entries()) {
    if (job.rung === 0) continue
    // with one at a time, everything begun before has been seen
    const before = seen.slice(0, index).filter(({ rung }) => rung === job.rung - 1)
    const own = before.find(({ trial }) => trial === job.trial)!
    const better = before.filter(({ value }) => value !== null && value < own.value!)
    expect(better.length).toBeLessThan(before.length / 3)
  }
  const few = run(sweepOf('asha', 4), [0], 1, 1)
  expect(few.begun.some(({ rung }) => rung === 2)).toBe(true)
})

test('Hyperband: brackets as in its paper, every trial in one, the last trains whole runs', () => {
  // table 1 of the paper: eta 3, R 81: 81, 34, 15, 8, 5
  expect(brackets(143, 5, 3).map((b) => b.length)).toEqual([81, 34, 15, 8, 5])
  expect(brackets(10, 3, 3).flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  const { begun } = run(sweepOf('hyperband', 17), [0], 1, 1)
  const [a, b, c] = brackets(17, 3, 3)
  const first = (trial: number) => begun.find((job) => job.trial === trial)!.rung
  for (const [rung, own] of [a!, b!, c!].entries()) expect(own.map(first)).toEqual(own.map(() => rung))
})

test('median: nobody among the first is judged, later ones end where they fall short of those before', () => {
  const sweep = sweepOf('median', 27)
  const { begun, seen } = run(sweep, [0], 1, 1)
  expect(begun.slice(0, 5).map(({ after }) => limitsOf(sweep, seen.slice(0, after)))).toEqual([[], [], [], [], []])
  const ends = seen.map(({ curves }) => curves[0]?.at(-1)?.[0] ?? 0)
  expect(ends.slice(0, 5).filter((share) => share > 0.9 || share === 0)).toHaveLength(5)
  expect(ends.slice(5).some((share) => share > 0 && share < 0.5)).toBe(true)
  expect(shortOf('max', [[0.5, 0.8]], 0.5, 0.79)).toBe(0.8)
  expect(shortOf('max', [[0.5, 0.8]], 0.5, 0.8)).toBeNull()
  expect(shortOf('min', [[0.5, 0.8]], 0.4, 5)).toBeNull()
  expect(shortOf('min', [[0.5, 0.8]], 0.6, null)).toBe(0.8)
})

test('rungs fall on evaluations, each once', () => {
  const length = (every: { steps: number } | { epochs: number }) => ({
    steps: 1290,
    stepsPerEpoch: 430,
    run: { evaluate: { every, batch_size: 1 } },
  })
  const settings = { prune: 'asha', reduction: 3, first: 0.1 } as const
  expect(rungsOf(settings, length({ epochs: 1 }))).toEqual([1 / 3, 1])
  expect(rungsOf(settings, length({ steps: 10 }))).toEqual([150 / 1290, 430 / 1290, 1])
  expect(rungsOf({ ...settings, first: 0.5 }, length({ steps: 10 }))).toEqual([1])
  expect(rungsOf({ ...settings, prune: 'median' }, length({ steps: 10 }))).toEqual([1])
})
