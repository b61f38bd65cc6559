// Samples that two splits share, judged against those that training shares with itself. Pure; D3 words what is found.
//
// Data drawn from few possible inputs repeats itself: then a validation sample finds its like in training as often as one
// training sample finds another. For independent draws both chances are the same, whatever the inputs are: the chance that one
// more draw meets one of n. So what training shows by itself is what chance explains, and only an excess over it is an overlap.
import type { SampleDigest } from '../contract/index.ts'

export type Overlap = {
  /** Samples that could be compared: blank inputs, all of whose values are equal, are left out. */
  readonly validation: number
  readonly training: number
  /** Validation samples whose very input is in training; and how many different inputs those are. */
  readonly shared: number
  readonly distinct: number
  readonly share: number
  /** Of training samples: share that has a twin in training. */
  readonly twins: number
  /** Different inputs of training, as a share of its samples. */
  readonly kinds: number
  /** Highest share that the twins explain: three more than were seen, and three standard errors. */
  readonly explained: number
  /** Ids of the first pair. */
  readonly pair: readonly [number, number] | null
}

type Keyed = Pick<SampleDigest, 'id' | 'hash'> & { readonly std: number | null }

export const overlapOf = (training: readonly Keyed[], validation: readonly Keyed[]): Overlap => {
  const known = new Map<string, { id: number; times: number }>()
  const kept = training.filter(isTelling)
  for (const { id, hash } of kept) {
    const before = known.get(hash)
    if (before) before.times++
    else known.set(hash, { id, times: 1 })
  }
  const tested = validation.filter(isTelling)
  const found = tested.filter(({ hash }) => known.has(hash))
  const twins = kept.filter(({ hash }) => (known.get(hash)?.times ?? 0) > 1).length
  const [n, m] = [Math.max(1, kept.length), Math.max(1, tested.length)]
  const chance = Math.min(1, (twins + 3) / n)
  const [first] = found
  return {
    validation: tested.length,
    training: kept.length,
    shared: found.length,
    distinct: new Set(found.map(({ hash }) => hash)).size,
    share: found.length / m,
    twins: twins / n,
    kinds: known.size / n,
    explained: chance + 3 * Math.sqrt((chance * (1 - chance)) / m + (chance * (1 - chance)) / n),
    pair: first ? [first.id, known.get(first.hash)?.id ?? -1] : null,
  }
}

/** The same of samples as a whole: where an input alone comes again and again, a user or a word, all fields together need not. */
export const wholeOverlapOf = (
  training: readonly SampleDigest[],
  validation: readonly SampleDigest[],
): Overlap | null => {
  const wholes = (samples: readonly SampleDigest[]) =>
    samples.flatMap(({ id, whole }) => (whole === undefined ? [] : [{ id, hash: whole, std: null }]))
  const [inside, outside] = [wholes(training), wholes(validation)]
  return inside.length > 0 && outside.length > 0 ? overlapOf(inside, outside) : null
}

/** A blank picture, or silence, is found anywhere. */
const isTelling = ({ std }: Keyed): boolean => std !== 0

export type Groups = {
  readonly training: number
  readonly validation: number
  readonly shared: number
  readonly example: string | null
  /** Every group that was seen twice or more has one label of its own, and some label belongs to several groups. */
  readonly decides: boolean
}

/** Groups that lie in both splits; null where the data tells none. */
export const groupsOf = (
  training: readonly Pick<SampleDigest, 'group' | 'target'>[],
  validation: readonly Pick<SampleDigest, 'group' | 'target'>[],
): Groups | null => {
  const named = [...training, ...validation].filter(({ group }) => group !== undefined)
  if (named.length < training.length + validation.length || named.length === 0) return null
  const inside = new Set(training.map(({ group }) => group))
  const outside = new Set(validation.map(({ group }) => group))
  const shared = [...outside].filter((group) => inside.has(group))
  const labels = new Map<string, Set<string>>()
  const sizes = new Map<string, number>()
  for (const { group = '', target } of named) {
    labels.set(group, (labels.get(group) ?? new Set()).add(JSON.stringify(target)))
    sizes.set(group, (sizes.get(group) ?? 0) + 1)
  }
  const repeated = [...sizes].filter(([, size]) => size > 1).map(([group]) => group)
  const different = new Set([...labels.values()].flatMap((all) => [...all]))
  return {
    training: inside.size,
    validation: outside.size,
    shared: shared.length,
    example: shared[0] ?? null,
    decides:
      repeated.length > 0 &&
      repeated.every((group) => labels.get(group)?.size === 1) &&
      different.size > 1 &&
      different.size < labels.size,
  }
}
