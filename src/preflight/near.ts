// Samples of validation that hardly differ from some of training: frames of one recording, crops of one picture. Pure.
//
// What is near has no scale of its own: points on a curve lie close to their neighbours, and that is no fault. Copies that hardly differ
// show as a gap: a few neighbours very near, and the next one five times as far. Of points that are spread with any smooth density
// over d dimensions each neighbour shows such a gap with probability 5⁻ᵈ at most for the first, 25⁻ᵈ for the second, and so on: a
// quarter of all samples on a line, a 24th on a plane. So more than 35% of validation must show one, within a tenth of
// the usual distance; and near ones must bear one label, as copies do and points of a few dense clouds need not.
import type { Sketched } from './sketches.ts'

export type Near = {
  /** Validation samples looked at, and those with near ones. */
  readonly looked: number
  readonly near: number
  /** Of pairs whose targets are known, the share with the same. */
  readonly agree: number | null
  /** Mean number of near training samples of those that have any. */
  readonly copies: number
  /** Median distance of the nearest, relative to the usual distance. */
  readonly distance: number
  readonly pair: readonly [val: number, train: number] | null
}

const gap = 5
const most = 16
const close = 0.1
const looked = 400

/** Distances of one row to all of training, with the places of the nearest `most + 1`, nearest first. */
const neighbours = (row: Float64Array, training: Sketched) => {
  const { width, values, samples } = training
  const distances = new Float64Array(samples.length)
  for (let i = 0; i < samples.length; i++) {
    let sum = 0
    for (let k = 0; k < width; k++) sum += ((row[k] as number) - (values[i * width + k] as number)) ** 2
    distances[i] = Math.sqrt(sum)
  }
  const nearest: number[] = []
  for (let i = 0; i < distances.length; i++) {
    const distance = distances[i] as number
    if (nearest.length > most && distance >= (distances[nearest[most] as number] as number)) continue
    const at = nearest.findIndex((other) => (distances[other] as number) > distance)
    nearest.splice(at < 0 ? nearest.length : at, 0, i)
    if (nearest.length > most + 1) nearest.pop()
  }
  const some = distances.filter((_, i) => i % Math.max(1, Math.floor(distances.length / 200)) === 0).sort()
  return { distances, nearest, usual: some[some.length >> 1] ?? 0 }
}

export const nearOf = (training: Sketched, validation: Sketched): Near => {
  const { width } = training
  const step = Math.max(1, Math.ceil(validation.samples.length / looked))
  let [count, near, pairs, alike, copies] = [0, 0, 0, 0, 0]
  let pair: Near['pair'] = null
  const found: number[] = []
  for (let i = 0; i < validation.samples.length; i += step) {
    count++
    const { distances, nearest, usual } = neighbours(validation.values.subarray(i * width, (i + 1) * width), training)
    const at = (k: number) => distances[nearest[k] as number] as number
    let last = -1
    for (let k = 0; k < Math.min(most, nearest.length - 1); k++)
      // equal inputs are no near ones: they are counted by their hash
      if (at(k) > 1e-6 * usual && at(k) <= close * usual && at(k + 1) >= gap * at(k)) last = k
    if (last < 0) continue
    near++
    copies += last + 1
    found.push(at(0) / usual)
    const own = validation.samples[i]
    pair ??= own ? [own.id, training.samples[nearest[0] as number]?.id ?? -1] : null
    for (const other of nearest.slice(0, last + 1)) {
      const [a, b] = [own?.target ?? null, training.samples[other]?.target ?? null]
      if (a === null || b === null) continue
      pairs++
      if (JSON.stringify(a) === JSON.stringify(b)) alike++
    }
  }
  found.sort((a, b) => a - b)
  return {
    looked: count,
    near,
    agree: pairs > 0 ? alike / pairs : null,
    copies: near > 0 ? copies / near : 0,
    distance: found[found.length >> 1] ?? 0,
    pair,
  }
}

/** More than chance and closeness explain. */
export const areCopies = ({ looked: of, near, agree }: Near): boolean =>
  near >= 10 && near > 0.35 * of && (agree === null || agree >= 0.95)
