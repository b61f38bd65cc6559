// Overlaps of a class for each position (IoU, Dice), from how often each class is the label, the answer, and both. A part of V4.
// Not which average over classes is the right one: all that people take are.
//
// An overlap is what two masks share, in proportion to what they cover. What they share counted twice gives another number, whichever the
// average: only that mistake is told, and nothing else that does not fit.
import type { DenseJudged } from './dense.ts'
import { isClose } from './formulas.ts'

/** Positions of each class: answered rightly, labelled so, answered so. */
export type Masks = { readonly hits: number[]; readonly labels: number[]; readonly answers: number[] }

const unions: ReadonlySet<string> = new Set(['iou', 'miou', 'mean_iou', 'jaccard'])
const dices: ReadonlySet<string> = new Set(['dice', 'mean_dice'])
/** Relative. Quotients of whole numbers in float32. */
const rounding = 2e-5

/** A verdict on each overlap that is known or known to be wrong. Pure. */
export const overlapsOf = (masks: Masks, metrics: Readonly<Record<string, number>>): DenseJudged[] =>
  Object.entries(metrics).flatMap(([name, reported]): DenseJudged[] => {
    const isUnion = unions.has(name)
    if (!isUnion && !dices.has(name)) return []
    const right = averages(masks, (hit, covered) => (isUnion ? hit / (covered - hit) : (2 * hit) / covered))
    const fits = right.find((one) => isClose(reported, one, rounding))
    if (fits !== undefined) return [{ name, reported, right: fits, fault: null }]
    const twice = averages(masks, (hit, covered) => hit / covered).some(
      (one) => one > 0 && isClose(reported, one, rounding),
    )
    const [pooled = Number.NaN] = right
    const words = isUnion
      ? 'its union counts what both masks share twice'
      : 'what both masks share over the sum of both: a half of it'
    return twice && !right.some((one) => isClose(reported, one, 1e-3))
      ? [{ name, reported, right: pooled, fault: { cause: 'metric-wrong', words } }]
      : []
  })

/** Over all classes, over those that occur, over those that are labelled; with and without the first. */
const averages = ({ hits, labels, answers }: Masks, of: (hit: number, covered: number) => number): number[] => {
  const each = hits.map((hit, i) => {
    const [label = 0, answer = 0] = [labels[i], answers[i]]
    return { score: label + answer > 0 ? of(hit, label + answer) : 0, occurs: label + answer > 0, labelled: label > 0 }
  })
  return [each, each.slice(1)].flatMap((some) =>
    [some, some.filter(({ occurs }) => occurs), some.filter(({ labelled }) => labelled)]
      .filter(({ length }) => length > 0)
      .map((chosen) => chosen.reduce((sum, { score }) => sum + score, 0) / chosen.length),
  )
}
