// The colour of a run: always the same for the same name, and told apart by dashes where two chosen runs share one.
// Not colours of meaning: base.css has those.

/** As many as base.css has for series, in both themes. */
export const hues = 8

/** FNV-1a over the name: the same on every machine and at every visit. */
export const hueOf = (run: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < run.length; i++) hash = Math.imul(hash ^ run.charCodeAt(i), 0x01000193)
  // its low bits are the weaker ones
  return ((hash ^ (hash >>> 15)) >>> 0) % hues
}

export type Mark = { readonly hue: number; readonly dash: readonly number[] }

const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [4, 2, 1, 2, 1, 2]]

/** By name, whatever the order in which the runs were chosen. */
export const marksOf = (runs: readonly string[]): ReadonlyMap<string, Mark> => {
  const taken = new Map<number, number>()
  const marks = new Map<string, Mark>()
  for (const run of runs.toSorted()) {
    const hue = hueOf(run)
    const nth = taken.get(hue) ?? 0
    taken.set(hue, nth + 1)
    marks.set(run, { hue, dash: dashes[nth % dashes.length]! })
  }
  return marks
}

/** A colour token of base.css as it is in the theme of now. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** `#rrggbb` made see-through. */
export const faded = (colour: string, alpha: number): string =>
  `${colour}${Math.round(255 * alpha)
    .toString(16)
    .padStart(2, '0')}`
