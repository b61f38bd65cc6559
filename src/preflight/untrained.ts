// Entries of the state that an evaluation has changed and training had not, by section and name. Pure.
// Not whether training reads them (evaluations-own.ts).
import type { Section } from '../contract/index.ts'
import type { Difference } from './compare.ts'
import type { Snapshot } from './trial.ts'

/** What bears weights and statistics; the program's own bookkeeping is judged elsewhere. */
export const bearing: readonly Section[] = ['parameters', 'buffers', 'ema', 'optimizer']

export const nameOf = (section: Section, name: string): string => `${section}: ${name}`

/** Entries that the evaluation has changed and training had not. Pure. */
export const untrained = (initial: Snapshot, before: Snapshot, changed: readonly Difference[]): ReadonlySet<string> => {
  const digest = (of: Snapshot, section: Section, name: string) => of.get(section)?.entries.get(name)?.digest
  return new Set(
    changed
      .filter(({ section }) => bearing.includes(section))
      .flatMap(({ section, names }) =>
        names
          .filter((name) => digest(initial, section, name) === digest(before, section, name))
          .map((name) => nameOf(section, name)),
      ),
  )
}

/** Differences in what else an evaluation has changed. Pure. */
export const without = (differences: readonly Difference[], own: ReadonlySet<string>): Difference[] =>
  differences.flatMap((difference) => {
    const names = difference.names.filter((name) => !own.has(nameOf(difference.section, name)))
    return names.length === 0 && difference.names.length > 0 ? [] : [{ ...difference, names }]
  })
