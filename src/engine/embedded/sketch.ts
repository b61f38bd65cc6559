// A sample's input as a few numbers that keep distances: sums of its values with fixed signs, in fixed buckets.
// Not what alike inputs mean, which a check asks.
import { drawOf } from '../../contract/index.ts'
import type { BatchArray } from '../../data/dataset.ts'

const size = 64
let places = new Uint32Array()

/** 64 float32, little-endian, base64. Whole numbers count by what they are as well as by where they stand: they may be words. */
export const sketchOf = (values: BatchArray): string => {
  const whole = values instanceof Int32Array
  const width = whole ? size / 2 : size
  if (places.length < values.length) {
    const draw = drawOf(0)
    places = Uint32Array.from({ length: Math.max(values.length, 1024) }, draw)
  }
  const made = new Float32Array(size)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    const place = places[i] as number
    const at = (place >>> 1) % width
    if (Number.isFinite(value)) made[at] = (made[at] as number) + (place & 1 ? -value : value)
    if (!whole) continue
    const known = width + ((Math.imul(value, 0x9e3779b1) >>> 15) % width)
    made[known] = (made[known] as number) + 1
  }
  return Buffer.from(made.buffer).toString('base64')
}
