// A decoded input as a small picture, where it has the shape of one: grey or colour, a byte a channel.
// Only made where the run file asks for it: data may be private.
import type { SampleDigest } from '../../contract/index.ts'

type Thumbnail = NonNullable<SampleDigest['thumbnail']>

/** Pixels along the longer side, at most. */
const longest = 48

/** Where height, width and channels lie in a shape: [c, h, w], [h, w, c] or [h, w]. */
const layoutOf = (shape: readonly number[]) => {
  const [a = 0, b = 0, c = 0] = shape
  const colours = (count: number): count is 1 | 3 => count === 1 || count === 3
  if (shape.length === 2) return { height: a, width: b, channels: 1 as const, at: (y: number, x: number) => y * b + x }
  if (shape.length !== 3) return null
  if (colours(a))
    return { height: b, width: c, channels: a, at: (y: number, x: number, k: number) => (k * b + y) * c + x }
  if (colours(c))
    return { height: a, width: b, channels: c, at: (y: number, x: number, k: number) => (y * b + x) * c + k }
  return null
}

/** From its smallest finite value to its largest; every n-th pixel of a large one. */
export const thumbnailOf = (values: ArrayLike<number>, shape: readonly number[]): Thumbnail | null => {
  const layout = layoutOf(shape)
  if (layout === null || layout.height < 4 || layout.width < 4) return null
  const { height, width, channels, at } = layout
  const stride = Math.ceil(Math.max(height, width) / longest)
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const bytes: number[] = []
  for (let y = 0; y < height; y += stride)
    for (let x = 0; x < width; x += stride)
      for (let k = 0; k < channels; k++) {
        const share = high > low ? ((values[at(y, x, k)] as number) - low) / (high - low) : 0.5
        bytes.push(Number.isFinite(share) ? Math.round(255 * share) : 0)
      }
  return {
    width: Math.ceil(width / stride),
    height: Math.ceil(height / stride),
    channels,
    bytes: Buffer.from(bytes).toString('base64'),
  }
}
