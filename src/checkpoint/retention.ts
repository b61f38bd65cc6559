// Which checkpoints stay: the latest, the best and the top k of one metric, together. Pure; deletes nothing.
// Only finite numbers compete: a missing metric, NaN and an accuracy of +Infinity are faults, not records.
import type { CheckpointRecord, Direction, Retention } from '../contract/index.ts'

export type Objective = { readonly name: string; readonly direction: Direction }
export type KeptAs = 'latest' | 'best' | 'top'

/**
 * Records in order of merit, best first, without those that cannot compete.
 * Ties: the one that was saved earlier comes first, so a plateau never moves the best. (Array sort is stable.)
 */
export const ranked = <R extends Pick<CheckpointRecord, 'metrics'>>(
  records: readonly R[],
  objective: Objective,
): R[] => {
  const sign = objective.direction === 'min' ? 1 : -1
  return records
    .map((record) => ({ record, value: new Map(Object.entries(record.metrics)).get(objective.name) }))
    .filter((entry): entry is typeof entry & { value: number } => Number.isFinite(entry.value))
    .sort((a, b) => sign * (a.value - b.value))
    .map(({ record }) => record)
}

/**
 * What is kept and why, by name. `records` stand in the order in which they were saved: the last is the latest.
 * A record may be kept for several reasons; one that is absent from the answer may go.
 */
export const retain = (
  policy: Retention,
  records: readonly CheckpointRecord[],
  objective: Objective,
): ReadonlyMap<string, readonly KeptAs[]> => {
  const merit = ranked(records, objective)
  const latest = new Set(records.slice(-policy.latest))
  const best = new Set(merit.slice(0, policy.best))
  const top = new Set(merit.slice(0, policy.top))
  const kept = new Map<string, readonly KeptAs[]>()
  for (const record of records) {
    const reasons: KeptAs[] = []
    if (latest.has(record)) reasons.push('latest')
    if (best.has(record)) reasons.push('best')
    if (top.has(record)) reasons.push('top')
    if (reasons.length > 0) kept.set(record.name, reasons)
  }
  return kept
}
