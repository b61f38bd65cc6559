// Compares two trajectories and two states, exactly. Pure; what a difference means is diagnosed by the checks.
import type { Section, StepRecord } from '../contract/index.ts'
import type { Snapshot } from './trial.ts'

export type Divergence = {
  readonly step: number
  readonly what: 'samples' | 'learning rates' | 'outcome' | 'loss'
  readonly left: string
  readonly right: string
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]))

/** The first thing in which two records of one step differ; earlier things first, as a batch comes before its loss. */
export const recordsDiffer = (a: StepRecord, b: StepRecord): Divergence | null => {
  const differ = (what: Divergence['what'], left: unknown, right: unknown): Divergence => ({
    step: a.step,
    what,
    left: String(left),
    right: String(right),
  })
  if (a.samples.digest !== b.samples.digest) return differ('samples', a.samples.digest, b.samples.digest)
  const rates = [a, b].map(({ updates }) => updates.flatMap(({ learningRates }) => learningRates))
  if (!same(rates[0] ?? [], rates[1] ?? [])) return differ('learning rates', rates[0], rates[1])
  if (!Object.is(a.loss, b.loss)) return differ('loss', a.loss, b.loss)
  const outcomes = [a, b].map(({ updates }) => updates.map(({ optimizer, outcome }) => `${optimizer} ${outcome}`))
  if (!same(outcomes[0] ?? [], outcomes[1] ?? [])) return differ('outcome', outcomes[0], outcomes[1])
  if (a.step !== b.step) return differ('outcome', `step ${a.step}`, `step ${b.step}`)
  return null
}

/** The first difference between two runs of the same steps, paired in order. */
export const firstDivergence = (a: readonly StepRecord[], b: readonly StepRecord[]): Divergence | null => {
  for (const [i, left] of a.entries()) {
    const right = b[i]
    if (right === undefined) return { step: left.step, what: 'outcome', left: 'a step', right: 'no step' }
    const found = recordsDiffer(left, right)
    if (found) return found
  }
  return null
}

export type Difference = {
  readonly section: Section
  /** Entries that differ, in the order of the first state. */
  readonly names: readonly string[]
  /** Entries in either state. */
  readonly of: number
  /** Entries of the second state alone, and of the first alone. */
  readonly added: number
  readonly removed: number
}

/** Sections whose digests differ, with the entries that do. */
export const stateDifferences = (a: Snapshot, b: Snapshot): Difference[] => {
  const found: Difference[] = []
  for (const section of new Set([...a.keys(), ...b.keys()])) {
    const left = a.get(section)
    const right = b.get(section)
    if (left?.digest === right?.digest) continue
    const names = new Set([...(left?.entries.keys() ?? []), ...(right?.entries.keys() ?? [])])
    const differing = [...names].filter((name) => left?.entries.get(name)?.digest !== right?.entries.get(name)?.digest)
    found.push({
      section,
      names: differing,
      of: names.size,
      added: differing.filter((name) => !left?.entries.has(name)).length,
      removed: differing.filter((name) => !right?.entries.has(name)).length,
    })
  }
  return found
}

export const differenceIn = (differences: readonly Difference[], section: Section): Difference | undefined =>
  differences.find((difference) => difference.section === section)

/** Largest relative distance between the losses of two runs, over the steps both have. */
export const lossSpread = (a: readonly StepRecord[], b: readonly StepRecord[]): number => {
  let spread = 0
  for (const [i, left] of a.entries()) {
    const right = b[i]
    if (right === undefined || Object.is(left.loss, right.loss)) continue
    const distance = Math.abs(left.loss - right.loss) / Math.max(Math.abs(left.loss), Math.abs(right.loss), 1e-12)
    spread = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(spread, distance)
  }
  return spread
}
