// Stretches cut from one series: whether training has seen what follows on a validation stretch. A part of D3.
// Pieces of a few rows are compared by digest. Pure.
//
// A split in time may well let the first validation stretches reach back into training; but no training stretch goes on beyond the end of
// a validation stretch. Where the last piece of a validation stretch stands within a training stretch, with more behind it, that one holds
// what is to be predicted, or the same moment of the same recording.
import type { SampleDigest } from '../contract/index.ts'

export type Windows = {
  readonly looked: number
  /** Validation stretches that a training stretch goes beyond. */
  readonly passed: number
  /** As validation and training id. */
  readonly pair: readonly [number, number] | null
}

const piecesOf = ({ blocks }: SampleDigest): Uint32Array => {
  const bytes = Buffer.from(blocks ?? '', 'base64')
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
}

/** Null where samples show no pieces. */
export const windowsOf = (training: readonly SampleDigest[], validation: readonly SampleDigest[]): Windows | null => {
  const inside = new Map<number, number>()
  for (const sample of training)
    for (const piece of piecesOf(sample).slice(0, -1)) if (piece !== 0) inside.set(piece, sample.id)
  const last = validation.flatMap((sample) => {
    const piece = piecesOf(sample).at(-1)
    return piece ? [{ id: sample.id, within: inside.get(piece) }] : []
  })
  if (inside.size === 0 || last.length === 0) return null
  const passed = last.filter(({ within }) => within !== undefined)
  const [first] = passed
  return { looked: last.length, passed: passed.length, pair: first ? [first.id, first.within ?? -1] : null }
}

/** More than the edges of a split explain. */
export const areCut = ({ looked, passed }: Windows): boolean => passed >= 10 && passed >= 0.2 * looked
