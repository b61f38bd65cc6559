// Names the nearest of a list: what a person most likely meant. Every error with a closed list uses it.
// It suggests, it never decides: nothing is accepted because it was near.

/** Edits (insert, delete, replace, swap of neighbours) between two words; `limit + 1` as soon as it is more. */
export const editDistance = (a: string, b: string, limit = Math.max(a.length, b.length)): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
      least = Math.min(least, cost)
    }
    if (least > limit) return limit + 1
    before = last
    last = row
  }
  return last[b.length]!
}

const plain = (word: string) => word.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
const initials = (word: string) =>
  word
    .split(/[^\p{L}\p{N}]+/u)
    .map((part) => part[0] ?? '')
    .join('')

/**
 * The entry of `list` that `word` most likely stands for, or undefined when none is near. Case and separators do not
 * count (`learningRate`), initials do (`lr`); beyond that a third of the letters may be wrong.
 *
 * @example nearest('lerning_rate', ['width', 'learning_rate']) // 'learning_rate'
 */
export const nearest = (word: string, list: Iterable<string>): string | undefined => {
  const wanted = plain(word)
  if (wanted === '' || wanted.length > 100) return undefined
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const entry of list) {
    const candidate = plain(entry)
    if (candidate === wanted) return entry
    const distance = wanted === initials(entry) && wanted.length > 1 ? 1 : editDistance(wanted, candidate, least)
    if (distance < least && distance < candidate.length) {
      best = entry
      least = distance
    }
  }
  return best
}

/** `a`, `a or b`, `a, b or c`. */
export const anyOf = (list: readonly string[]): string =>
  list.length < 2 ? (list[0] ?? 'nothing') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`
