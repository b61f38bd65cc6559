// Theoretical floors: the lowest loss that any model can reach on one batch, and the floors that known bugs leave.
// Pure numbers; which of them a run has met is O4's.
import type { SampleDigest, Task } from '../contract/index.ts'
import { entropy } from './chance.ts'
import { mean, variance } from './outputs.ts'

/** Entropy of a target smoothed by ε over C classes: what smoothed cross-entropy cannot get below. */
export const smoothingFloor = (smoothing: number, classes: number): number => {
  const rest = smoothing / classes
  return entropy([1 - smoothing + rest, ...Array.from({ length: classes - 1 }, () => rest)])
}

/** Cross-entropy of a softmax fed to a second softmax, at its best, with all the weight on the right class: ln(e + C − 1) − 1. */
export const doubleSoftmaxFloor = (classes: number): number => Math.log(Math.E + classes - 1) - 1

/** Binary cross-entropy of a sigmoid fed to a second one, at its best: ln(1 + e⁻¹) for each 1, ln 2 for each 0. */
export const doubleSigmoidFloor = (samples: readonly SampleDigest[]): number =>
  mean(samples.map((sample) => (valuesOf(sample)[0] === 1 ? Math.log1p(Math.exp(-1)) : Math.LN2)))

const byInput = (samples: readonly SampleDigest[]): SampleDigest[][] => {
  const groups = new Map<string, SampleDigest[]>()
  for (const sample of samples) {
    const group = groups.get(sample.hash)
    if (group) group.push(sample)
    else groups.set(sample.hash, [sample])
  }
  return [...groups.values()]
}

const valuesOf = ({ target }: SampleDigest): readonly number[] =>
  target === null ? [] : typeof target === 'number' ? [target] : target

/** What equal inputs with different targets leave: no function can tell them apart. */
export const conflictFloor = (task: Task, samples: readonly SampleDigest[]): number => {
  if (task.kind === 'custom' || samples.length === 0) return 0
  let floor = 0
  for (const group of byInput(samples)) {
    const share = group.length / samples.length
    if (task.kind === 'classification') {
      const counts = new Map<number, number>()
      for (const sample of group)
        for (const label of valuesOf(sample).slice(0, 1)) counts.set(label, (counts.get(label) ?? 0) + 1)
      floor += share * entropy([...counts.values()].map((count) => count / group.length))
    } else floor += share * targetVariance(group)
  }
  return floor
}

/** Mean over outputs of the variance of the targets: the loss of the best constant, and of (N,1) against (N). */
export const targetVariance = (samples: readonly SampleDigest[]): number => {
  const rows = samples.map(valuesOf)
  const width = rows[0]?.length ?? 0
  if (width === 0) return 0
  return mean(Array.from({ length: width }, (_, i) => variance(rows.map((row) => row[i] ?? 0))))
}

/** Entropy of targets that are shares of classes, as mixed samples have them; null where they are labels. */
const sharesFloor = (samples: readonly SampleDigest[], classes: number): number | null => {
  const rows = samples.map(valuesOf)
  const areShares = (row: readonly number[]) =>
    row.length === classes &&
    row.every((share) => share >= 0) &&
    Math.abs(row.reduce((sum, share) => sum + share, 0) - 1) < 1e-3
  return classes > 1 && rows.length > 0 && rows.every(areShares) ? mean(rows.map(entropy)) : null
}

/** Lowest reachable training loss on this batch; null where nothing is known. */
export const floorOf = (task: Task, samples: readonly SampleDigest[], regularised: boolean): number | null => {
  if (task.kind === 'custom') return task.expect.floor === 'unknown' ? null : task.expect.floor
  const shares = task.kind === 'classification' ? sharesFloor(samples, task.classes) : null
  if (shares !== null) return shares
  const conflicts = conflictFloor(task, samples)
  if (task.kind === 'regression' || !regularised || task.smoothing === 0) return conflicts
  return Math.max(conflicts, smoothingFloor(task.smoothing, task.classes))
}
