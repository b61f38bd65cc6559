// Tried: a run is stopped when most of all runs of its workload were better at the same point, and the benchmark by a band.
// Not our rule: it needs the other runs, and docs/stopping.md says what it adds.
import { indexAt, meanAt } from '../../src/decide/index.ts'
import type { Judge, Recorded } from '../../src/replay/index.ts'

const bestAt = (run: Recorded, x: number): number =>
  run.best[
    indexAt(
      run.best.map(({ fraction }) => fraction),
      x,
    )
  ]?.value ?? Number.NaN

const cells = 200
const made = new WeakMap<readonly Recorded[], number[][]>()
const sorted = (field: readonly Recorded[]): number[][] => {
  const before = made.get(field)
  if (before !== undefined) return before
  const now = Array.from({ length: cells + 1 }, (_, cell) =>
    field
      .map((run) => (run.direction === 'max' ? 1 : -1) * bestAt(run, cell / cells))
      .filter(Number.isFinite)
      .sort((a, b) => a - b),
  )
  made.set(field, now)
  return now
}

export const rankJudge =
  (share: number, from: number): Judge =>
  ({ profile, field }, { run }) => {
    const sign = run.direction === 'max' ? 1 : -1
    const sd = profile.final.sd ?? 0
    let held = 0
    for (const { fraction } of run.curve) {
      if (fraction < from) continue
      const own = bestAt(run, fraction)
      const theirs = meanAt(profile, fraction)
      const values = sorted(field)[Math.min(cells, Math.floor(fraction * cells))] ?? []
      const better = values.filter((v) => v > sign * own).length / Math.max(1, values.length)
      const behind = theirs !== null && sign * (theirs - own) > 3 * sd
      held = better >= share && behind ? held + 1 : 0
      if (held >= 3) return fraction
    }
    return null
  }
