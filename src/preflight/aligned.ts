// How far labels follow inputs within training, within validation and from one to the other; and whether they would if they were moved.
// Numbers alone: D4 judges.
import type { SampleDigest } from '../contract/index.ts'
import { follows, type Part, type Targets } from './follows.ts'
import { type Sketched, sketchesOf } from './sketches.ts'

export type Alignment = {
  readonly samples: number
  /** Deviations of chance: from one half of training to the other, to validation, and within validation. */
  readonly within: number
  readonly across: number
  readonly validation: number
  /** What `across` should be where `within` is as it is. */
  readonly power: number
  /** The best of some other orders of training's labels, where they then fit. */
  readonly moved: { readonly words: string; readonly deviations: number } | null
}

const fewest = 60
const most = 3000

/** One label a sample; null where targets are none, or of more than a hundred classes. */
export const targetsOf = (samples: readonly SampleDigest[], classes: number): Targets | null => {
  if (classes > 100) return null
  const of = samples.map(({ target }) => (Array.isArray(target) ? (target.length === 1 ? target[0] : null) : target))
  const known = of.every(
    (one): one is number =>
      typeof one === 'number' &&
      Number.isFinite(one) &&
      (classes === 0 || (Number.isInteger(one) && one >= 0 && one < classes)),
  )
  return known ? { of: of as number[], classes } : null
}

type Samples = readonly SampleDigest[]

/** Of a custom task: both sets once for each number that its loss asks for, as their target. Numbers that never differ say nothing. */
export const askedOf = (training: Samples, validation: Samples): readonly (readonly [Samples, Samples])[] => {
  const width = training[0]?.asked?.length ?? 0
  if (![...training, ...validation].every(({ asked }) => asked?.length === width)) return []
  const column = (samples: Samples, k: number) => samples.map((one) => ({ ...one, target: one.asked?.[k] ?? null }))
  return Array.from({ length: width }, (_, k) => [column(training, k), column(validation, k)] as const).filter(
    ([inside]) => inside.some(({ target }) => target !== inside[0]?.target),
  )
}

/** `whole`: the samples of training are all there are, in order. */
export const alignmentOf = (
  training: readonly SampleDigest[],
  validation: readonly SampleDigest[],
  classes: number,
  whole: boolean,
): Alignment | null => {
  const thin = (all: readonly SampleDigest[]) => all.filter((_, i) => i % Math.ceil(all.length / most) === 0)
  const [inside, outside] = sketchesOf([thin(training), thin(validation)], fewest) ?? []
  if (!inside || !outside) return null
  const [own, other] = [targetsOf(inside.samples, classes), targetsOf(outside.samples, classes)]
  if (!own || !other) return null
  const part = (of: Sketched, targets: Targets, odd?: boolean): Part => ({
    of,
    targets,
    // by twos, so that what alternates lies in both halves
    rows: of.samples.flatMap((_, i) => (odd === undefined || ((i >> 1) % 2 === 1) === odd ? [i] : [])),
  })
  const halves = (of: Sketched, targets: Targets) => follows(part(of, targets, false), part(of, targets, true))
  const within = halves(inside, own)
  const across = follows(part(inside, own), part(outside, other))
  const orders = whole && inside.samples.length === training.length ? movesOf(training.length) : []
  const moved =
    within >= 3 ? [] : orders.map(({ words, order }) => ({ words, deviations: halves(inside, reordered(own, order)) }))
  const [best] = moved.filter(({ deviations }) => deviations >= 8).toSorted((a, b) => b.deviations - a.deviations)
  return {
    samples: inside.samples.length,
    within,
    across,
    validation: halves(outside, other),
    power: within * Math.sqrt((2 * outside.samples.length) / inside.samples.length),
    moved: best ?? null,
  }
}

const reordered = ({ of, classes }: Targets, order: readonly number[]): Targets => ({
  of: order.map((at) => of[at] as number),
  classes,
})

type Move = { readonly words: string; readonly order: readonly number[] }

/** Orders that a list of labels gets by mistake: moved by one or two, turned round, or with names sorted as text in one list alone. */
const movesOf = (count: number): Move[] => {
  const places = Array.from({ length: count }, (_, i) => i)
  const by = (step: number) => places.map((i) => (i + step + count) % count)
  const text = places.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))
  const back = Array.from<number>({ length: count })
  for (const [i, place] of text.entries()) back[place] = i
  const sorted = 'of a list whose names were sorted as text'
  return [
    { words: 'of the sample before', order: by(1) },
    { words: 'of the sample after', order: by(-1) },
    { words: 'of the sample two places before', order: by(2) },
    { words: 'of the sample two places after', order: by(-2) },
    { words: 'of the list turned round', order: places.toReversed() },
    { words: sorted, order: text },
    { words: sorted, order: back },
  ]
}
