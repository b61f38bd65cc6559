// Random draws of loader processes, seen through what one sample becomes each time: do two streams draw alike? Pure arithmetic.
import type { SampleDigest } from '../contract/index.ts'

export type Drawn = Pick<SampleDigest, 'id' | 'hash' | 'epoch' | 'worker'>

/** Chance below which equal sequences are no coincidence. */
const unlikely = Math.log(1e-9)

/** Logarithm of the chance that `count` independent draws of two streams agree, each as often as draws agree on the whole. */
export const logChance = (hashes: readonly string[], count: number): number => {
  const times = new Map<string, number>()
  for (const hash of hashes) times.set(hash, (times.get(hash) ?? 0) + 1)
  const agree = [...times.values()].reduce((sum, n) => sum + (n / hashes.length) ** 2, 0)
  return count * Math.log(agree)
}

const equal = (a: readonly string[], b: readonly string[]): number => {
  const count = Math.min(a.length, b.length)
  return count > 0 && a.slice(0, count).every((hash, i) => hash === b[i]) ? count : 0
}

/** What each loader process made in each epoch, in its own order. */
export const streamsOf = (drawn: readonly Drawn[]): Map<string, string[]> => {
  const streams = new Map<string, string[]>()
  for (const { epoch = 0, worker = null, hash } of drawn) {
    const key = `${epoch}/${worker ?? '-'}`
    streams.set(key, [...(streams.get(key) ?? []), hash])
  }
  return streams
}

export type Alike = {
  readonly what: 'workers' | 'epochs'
  readonly first: string
  readonly second: string
  readonly count: number
}

/** Two loader processes of one epoch, or one of them in two epochs, that drew the same all along; null where none did. */
export const alike = (drawn: readonly Drawn[]): Alike | null => {
  const hashes = drawn.map(({ hash }) => hash)
  const streams = [...streamsOf(drawn)]
  const certain = (count: number) => count > 0 && logChance(hashes, count) < unlikely
  for (const what of ['workers', 'epochs'] as const)
    for (const [i, [first, a]] of streams.entries())
      for (const [second, b] of streams.slice(i + 1)) {
        const [epoch, worker] = first.split('/')
        const [otherEpoch, otherWorker] = second.split('/')
        const compared = what === 'workers' ? epoch === otherEpoch : worker === otherWorker
        const count = compared ? equal(a, b) : 0
        if (certain(count)) return { what, first, second, count }
      }
  return null
}

/** Samples that came in two epochs, and how many of them were the same both times. */
export const comebacks = (drawn: readonly Drawn[]): { readonly both: number; readonly same: number } => {
  const [first, second] = [1, 2].map(
    (epoch) => new Map(drawn.filter((one) => one.epoch === epoch && one.id >= 0).map(({ id, hash }) => [id, hash])),
  )
  const both = [...(first ?? [])].filter(([id]) => second?.has(id))
  return { both: both.length, same: both.filter(([id, hash]) => second?.get(id) === hash).length }
}
