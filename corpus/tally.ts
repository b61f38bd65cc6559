// Totals of a run of the corpus, with intervals, against the bars of a release. Pure.
// Not the table of each program (run.ts).
import type { Result } from './judge.ts'
import type { EngineName } from './programs.ts'

export type Share = {
  readonly of: number
  readonly count: number
  /** Wilson score interval at 95%. */
  readonly interval: readonly [low: number, high: number]
}

export type Totals = {
  readonly engine: EngineName
  readonly caught: Share
  /** Of those that were caught. */
  readonly causeRight: Share
  /** NO-GO on fixed twins and healthy programs. */
  readonly falseNoGo: Share
  readonly noCheck: number
  /** Median seconds to the first NO-GO of the buggy twins that were caught by one. */
  readonly firstNoGo: number | null
}

/** Wilson 1927: unlike the normal interval it does not collapse to a point at 0 and at 1. */
export const share = (count: number, of: number): Share => {
  if (of === 0) return { of, count, interval: [0, 1] }
  const z = 1.959964
  const p = count / of
  const centre = (p + z ** 2 / (2 * of)) / (1 + z ** 2 / of)
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2))
  return { of, count, interval: [Math.max(0, centre - half), Math.min(1, centre + half)] }
}

export const totalsOf = (results: readonly Result[], engine: EngineName): Totals => {
  const own = results.filter((result) => result.engine === engine)
  const buggy = own.filter(({ twin }) => twin === 'buggy')
  const sound = own.filter(({ twin }) => twin !== 'buggy')
  const caught = buggy.filter(({ outcome }) => outcome === 'caught')
  return {
    engine,
    caught: share(caught.length, buggy.length),
    causeRight: share(caught.filter(({ causeRight }) => causeRight).length, caught.length),
    falseNoGo: share(sound.filter(({ outcome }) => outcome === 'false no-go').length, sound.length),
    noCheck: buggy.filter(({ outcome }) => outcome === 'missed (no check)').length,
    firstNoGo: median(caught.flatMap(({ firstNoGo }) => (firstNoGo === null ? [] : [firstNoGo]))),
  }
}

const bars = { caught: 0.95, causeRight: 0.9, falseNoGo: 0, firstNoGo: 5 }

/** The bars that these totals miss, in words. */
export const missedBars = ({ engine, caught, causeRight, falseNoGo, firstNoGo }: Totals): string[] => {
  const missed: string[] = []
  const below = (what: string, { count, of }: Share, bar: number) => {
    if (of > 0 && count / of < bar) missed.push(`${engine}: ${what} ${percent(count / of)}, ${percent(bar)} needed`)
  }
  below('caught', caught, bars.caught)
  below('cause right', causeRight, bars.causeRight)
  if (falseNoGo.count > bars.falseNoGo) missed.push(`${engine}: ${falseNoGo.count} false NO-GO, none allowed`)
  if (firstNoGo !== null && firstNoGo > bars.firstNoGo)
    missed.push(`${engine}: first NO-GO after ${firstNoGo.toFixed(1)} s at the median, ${bars.firstNoGo} s allowed`)
  return missed
}

export const percent = (value: number): string => `${(100 * value).toFixed(1)}%`

/** The same by family: the letters of an id. */
export const byFamily = (results: readonly Result[]): Map<string, { caught: number; right: number; of: number }> => {
  const families = new Map<string, { caught: number; right: number; of: number }>()
  for (const { id, twin, outcome, causeRight } of results) {
    if (twin !== 'buggy') continue
    const name = id.replace(/\d.*$/, '')
    const family = families.get(name) ?? { caught: 0, right: 0, of: 0 }
    family.of += 1
    if (outcome === 'caught') family.caught += 1
    if (causeRight) family.right += 1
    families.set(name, family)
  }
  return families
}

const median = (values: readonly number[]): number | null => {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
