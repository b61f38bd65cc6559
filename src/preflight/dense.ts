// A classification with a label for each position (pixel, word, cell): its accuracy and loss, recomputed.
// Not one label a sample (v4, outputs.ts). Overlaps of classes are in overlap.ts; other scores of whole sets are not looked at.
//
// Labels outside the classes (255, −100) are positions that nobody labelled. A mean may be taken over all labelled positions, or over
// samples; both are right. What only a bug gives is right answers among the labelled, divided by all; and a softmax over another axis.
import type { Cause, PerSample } from '../contract/index.ts'
import { isClose } from './formulas.ts'
import { outputsOf } from './outputs.ts'
import { type Masks, overlapsOf } from './overlap.ts'

export type Fault = { readonly cause: Cause; readonly words: string }
export type DenseJudged = {
  readonly name: string
  readonly reported: number
  readonly right: number
  /** Null: it is right. */
  readonly fault: Fault | null
}

export type Dense = {
  readonly positions: number
  readonly labelled: number
  readonly judged: readonly DenseJudged[]
}

/** Relative. Sums over tens of thousands of positions in float32. */
const rounding = 2e-5

const mostWork = 2e7

/** Null where outputs are not scores for the classes at each position of the targets. Pure. */
export const denseOf = (
  perSample: PerSample,
  metrics: Readonly<Record<string, number>>,
  classes: number,
): Dense | null => {
  const layout = layoutOf(perSample.outputs.shape, perSample.targets.shape, classes)
  if (layout === null || perSample.targets.dtype !== 'int32') return null
  const { count, values, targets } = outputsOf(perSample)
  const { places, strides } = layout
  // along other axes only where that is a matter of a second
  const work = count * places * strides.others.reduce((sum, { size }) => sum + size, 0)
  const lines = work <= mostWork ? strides.others : []
  const tally = { right: 0, ties: 0, labelled: 0, loss: 0 }
  const masks: Masks = { hits: counts(classes), labels: counts(classes), answers: counts(classes) }
  const shares: number[] = []
  const losses: number[] = []
  const others = lines.map(() => 0)
  for (let sample = 0; sample < count; sample++) {
    const one = { right: 0, labelled: 0, loss: 0 }
    for (let place = 0; place < places; place++) {
      const label = targets[sample * places + place] as number
      if (!(label >= 0 && label < classes)) continue
      const at = (c: number) => sample * places * classes + strides.place(place) + c * strides.classes
      const scores = Array.from({ length: classes }, (_, c) => values[at(c)] as number)
      const [top = Number.NaN, second = Number.NaN] = scores.toSorted((a, b) => b - a)
      if (!Number.isFinite(top) || !Number.isFinite(second)) return null
      if (top - second <= 1e-5 * Math.max(1, Math.abs(top))) tally.ties++
      const answer = scores.indexOf(top)
      add(masks.labels, label)
      add(masks.answers, answer)
      if (answer === label) add(masks.hits, label)
      if (scores[label] === top) one.right++
      one.loss += logSum(scores) - (scores[label] as number)
      one.labelled++
      for (const [k, other] of lines.entries()) {
        const start = at(label) - other.of(place) * other.stride
        const line = Array.from({ length: other.size }, (_, i) => values[start + i * other.stride] as number)
        others[k] = (others[k] ?? 0) + logSum(line) - (values[at(label)] as number)
      }
    }
    tally.right += one.right
    tally.loss += one.loss
    tally.labelled += one.labelled
    if (one.labelled > 0) {
      shares.push(one.right / one.labelled)
      losses.push(one.loss / one.labelled)
    }
  }
  const positions = count * places
  if (tally.labelled === 0) return null
  const given = new Map(Object.entries(metrics))
  const judged: DenseJudged[] = []
  const accuracy = given.get('accuracy')
  if (accuracy !== undefined) {
    const slack = (tally.ties + 0.01) / tally.labelled
    const pooled = tally.right / tally.labelled
    const fits = [pooled, mean(shares)].some((right) => Math.abs(right - accuracy) <= slack)
    const overAll = tally.right / positions
    const isOverAll = tally.labelled < positions && Math.abs(overAll - accuracy) <= slack
    if (fits) judged.push({ name: 'accuracy', reported: accuracy, right: pooled, fault: null })
    else if (isOverAll)
      judged.push({ name: 'accuracy', reported: accuracy, right: pooled, fault: divided(tally.labelled, positions) })
  }
  const loss = given.get('loss')
  if (loss !== undefined) {
    const pooled = tally.loss / tally.labelled
    const fits = [pooled, mean(losses)].some((right) => isClose(loss, right, rounding))
    const axis = others.findIndex((sum) => isClose(loss, sum / tally.labelled, rounding))
    const say = (fault: Fault | null) => judged.push({ name: 'loss', reported: loss, right: pooled, fault })
    if (fits) say(null)
    else if (axis >= 0)
      say({
        cause: 'loss-wrong',
        words: `softmax over axis ${lines[axis]?.axis} of the outputs, not the classes`,
      })
    else if (tally.labelled < positions && isClose(loss, tally.loss / positions, rounding))
      say(divided(tally.labelled, positions))
  }
  if (tally.ties === 0) judged.push(...overlapsOf(masks, metrics))
  return { positions, labelled: tally.labelled, judged }
}

const add = (of: number[], at: number): void => {
  of[at] = (of[at] ?? 0) + 1
}

const counts = (classes: number): number[] => Array.from({ length: classes }, () => 0)

const divided = (labelled: number, positions: number): Fault => ({
  cause: 'wrong-divisor',
  words: `a sum over the ${labelled} labelled positions, divided by all ${positions}`,
})

type Line = {
  readonly axis: number
  readonly size: number
  readonly stride: number
  readonly of: (place: number) => number
}
type Layout = {
  readonly places: number
  readonly strides: {
    readonly classes: number
    readonly place: (place: number) => number
    readonly others: readonly Line[]
  }
}

/** [classes, …positions] or […positions, classes]. Axes are counted with the batch's, which is 0. */
const layoutOf = (outputs: readonly number[], targets: readonly number[], classes: number): Layout | null => {
  if (targets.length === 0 || outputs.length !== targets.length + 1) return null
  const places = targets.reduce((a, b) => a * b, 1)
  const first = outputs[0] === classes && targets.every((size, i) => outputs[i + 1] === size)
  const last = outputs.at(-1) === classes && targets.every((size, i) => outputs[i] === size)
  if ((!first && !last) || places < 2) return null
  const step = first ? 1 : classes
  const others = targets.map((size, i): Line => {
    const inner = targets.slice(i + 1).reduce((a, b) => a * b, 1)
    return { axis: first ? i + 2 : i + 1, size, stride: inner * step, of: (place) => Math.floor(place / inner) % size }
  })
  return {
    places,
    strides: {
      classes: first ? places : 1,
      place: (place) => place * step,
      others: others.filter(({ size }) => size > 1),
    },
  }
}

const logSum = (scores: readonly number[]): number => {
  const top = Math.max(...scores)
  return top + Math.log(scores.reduce((sum, one) => sum + Math.exp(one - top), 0))
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
