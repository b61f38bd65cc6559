// What a rule keeps of a run's evaluations: best-so-far at each improvement, and how much they swing. A fold, plain JSON.
// Not a comparison: standing.ts sets it against a benchmark.
import type { Direction } from '../contract/index.ts'
import { better } from './best.ts'
import { indexAt } from './profile.ts'

export type Track = {
  /** Best so far at each improvement: fraction of the budget, value. */
  readonly fractions: readonly number[]
  readonly values: readonly number[]
  /** How much each finite evaluation differed from the finite one before. */
  readonly changes: readonly number[]
  readonly last: number | null
  readonly evaluations: number
}

export const noTrack: Track = { fractions: [], values: [], changes: [], last: null, evaluations: 0 }

/** Values that are not finite count as evaluations and as nothing else. */
export const tracked = (track: Track, direction: Direction, fraction: number, value: number): Track => {
  const evaluations = track.evaluations + 1
  if (!Number.isFinite(value)) return { ...track, evaluations }
  const changes = track.last === null ? track.changes : [...track.changes, Math.abs(value - track.last)]
  const standing = track.values.at(-1)
  const wins = standing === undefined || better(direction, value, standing)
  return {
    fractions: wins ? [...track.fractions, fraction] : track.fractions,
    values: wins ? [...track.values, value + 0] : track.values,
    changes,
    last: value + 0,
    evaluations,
  }
}

export type Progress = {
  readonly fraction: number
  /** Best so far. */
  readonly value: number
  /** Best so far at half of `fraction`; null where there was no value yet. */
  readonly half: number | null
  /** Mean change from one evaluation to the next over the last quarter of them, three at least. */
  readonly change: number
}

/** Null before the first finite value. */
export const progressOf = (track: Track, fraction: number): Progress | null => {
  const value = track.values.at(-1)
  if (value === undefined) return null
  const half = track.values[indexAt(track.fractions, fraction / 2)] ?? null
  return { fraction, value, half, change: recentChange(track.changes) }
}

const recentChange = (changes: readonly number[]): number => {
  const from = Math.max(0, changes.length - Math.max(3, Math.floor(changes.length / 4)))
  let sum = 0
  for (let i = from; i < changes.length; i++) sum += changes[i] as number
  return changes.length === 0 ? 0 : sum / (changes.length - from)
}
