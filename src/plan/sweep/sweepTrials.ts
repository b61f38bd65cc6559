// Points and seeds → the trials of a sweep, with the names of their runs and files. Pure.
// Not the files' text: config/ writes it.
import type { Point, Trial } from '../../contract/sweep.ts'

type Named = { readonly name: string; readonly id: string; readonly seeds: readonly number[] }

/** Whether a run file asks for several runs. */
export const isSweep = ({ sweep, seeds }: { readonly sweep?: unknown; readonly seeds?: unknown }): boolean =>
  (sweep ?? null) !== null || seeds !== undefined

/** `seeds: 5` counts up from `seed`; a list is taken as it is. */
export const seedsOf = (run: {
  readonly seed: number
  readonly seeds?: number | readonly number[] | undefined
}): number[] => {
  if (run.seeds === undefined) return [run.seed]
  if (typeof run.seeds === 'number') return Array.from({ length: run.seeds }, (_, i) => (run.seed + i) >>> 0)
  return [...new Set(run.seeds)]
}

/** Longest start of a run's name: with trial, sweep and seed behind it, it is still one. */
const longest = 48

/** `mnist-t07`; where only seeds differ, the name itself. All seeds of a trial share it, and so can be compared by it. */
export const trialName = (name: string, trial: number, trials: number): string =>
  trials === 1 ? name : `${name.slice(0, longest)}-t${String(trial).padStart(String(trials).length, '0')}`

export const sweepTrials = (points: readonly Point[], { name, id, seeds }: Named): Trial[] =>
  points.map((point, at) => {
    const own = trialName(name, at + 1, points.length)
    const runs = seeds.map((seed) => {
      const ending = seeds.length === 1 ? id : `${id}-s${seed}`
      const numbered = `${String(at + 1).padStart(String(points.length).length, '0')}`
      const file = seeds.length === 1 ? `${numbered}.run.yaml` : `${numbered}-s${seed}.run.yaml`
      return { seed, run: `${own}-${ending}`, file }
    })
    return { trial: at + 1, point: { ...point }, runs }
  })
