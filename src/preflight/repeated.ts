// Whether inputs of both splits together are repeated by a program: each of many exactly as often as the others, all the rest once. A part of D3.
// Not how many inputs the splits share (duplicates.ts). Pure.
//
// What repeats itself in data by nature comes twice more often than three times, and three times more often than four. Rows that were
// repeated before the split, to balance classes, come all as often; the same done afterwards leaves none of them in validation.
import type { SampleDigest } from '../contract/index.ts'

export type Repeated = { readonly times: number; readonly inputs: number; readonly across: number }

const [fewest, fewestTimes] = [20, 3]

/** Both splits must be whole. Null where nothing of the kind is seen. */
export const repeatedIn = (training: readonly SampleDigest[], validation: readonly SampleDigest[]): Repeated | null => {
  const inside = countsOf(training)
  const outside = countsOf(validation)
  const all = countsOf([...training, ...validation])
  const several = [...all].filter(([, count]) => count > 1)
  const times = several[0]?.[1] ?? 0
  if (times < fewestTimes || several.length < fewest || several.length > all.size / 2) return null
  if (several.some(([, count]) => count !== times)) return null
  const across = several.filter(([hash]) => inside.has(hash) && outside.has(hash)).length
  return across >= fewest / 2 ? { times, inputs: several.length, across } : null
}

const countsOf = (samples: readonly SampleDigest[]): Map<string, number> => {
  const counts = new Map<string, number>()
  // blank inputs are alike by nature
  for (const { hash, std } of samples) if (std > 0) counts.set(hash, (counts.get(hash) ?? 0) + 1)
  return counts
}
