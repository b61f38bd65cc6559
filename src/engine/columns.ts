// Step records as they travel: usual ones as columns, which cost a worker a third of what whole records do.
// Not here: what a record means (contract/subject.ts); python/gonogo/records.py makes them.
import type { StepRecord } from '../contract/index.ts'

/** `[value, how often, value, how often, …]` */
type Runs<T> = readonly (T | number)[]

type Columns = {
  /** Of the first record; those that follow count on. */
  readonly step: number
  readonly epoch: Runs<number>
  readonly updates: Runs<StepRecord['updates']>
  readonly count: Runs<number>
  readonly digest: readonly string[]
  readonly seconds: readonly number[]
  readonly wait: readonly number[]
  readonly loss: readonly number[]
  /** Of the loss's terms. */
  readonly names: Runs<readonly string[]>
  /** Their values, where a loss has not just one term. */
  readonly terms?: readonly (readonly number[])[]
  /** Fields that the last record has besides. */
  readonly last?: Partial<StepRecord>
}

/** The records of a message of a worker that trains. */
export const recordsOf = (items: readonly unknown[]): StepRecord[] =>
  items.flatMap((item) => {
    const { columns } = item as { readonly columns?: Columns }
    return columns === undefined ? [item as StepRecord] : unpacked(columns)
  })

const unpacked = (columns: Columns): StepRecord[] => {
  const { step, digest, seconds, wait, loss, terms } = columns
  const epoch = spread(columns.epoch)
  const updates = spread(columns.updates)
  const count = spread(columns.count)
  const names = spread(columns.names)
  const records = digest.map((_, i): StepRecord => {
    const values = terms?.[i] ?? [at(loss, i)]
    return {
      step: step + i,
      epoch: at(epoch, i),
      updates: at(updates, i),
      samples: { count: at(count, i), digest: at(digest, i) },
      seconds: at(seconds, i),
      wait: at(wait, i),
      loss: at(loss, i),
      terms: Object.fromEntries(at(names, i).map((name, place) => [name, at(values, place)])),
    }
  })
  const last = records.at(-1)
  if (last !== undefined) Object.assign(last, columns.last)
  return records
}

const spread = <T>(runs: Runs<T>): T[] => {
  const values: T[] = []
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const value = runs[i] as T
    for (let left = runs[i + 1] as number; left > 0; left--) values.push(value)
  }
  return values
}

const at = <T>(values: readonly T[], place: number): T => {
  const value = values[place]
  if (value === undefined) throw new RangeError(`a group of steps has ${values.length} values, and no place ${place}`)
  return value
}
