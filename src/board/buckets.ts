// Points → what a chart of so many pixels can show: the points themselves where they fit, else first, last, min, max and mean of each
// bucket, so that no spike is lost. Smoothing goes over the points. Not where points come from, nor what is drawn.
import { firstAbove } from './column.ts'

/** Ascending places, and as many values. */
export type Series = { readonly x: Float64Array; readonly y: Float64Array }

export type Grid = {
  readonly x: readonly number[]
  /** Width of a bucket; null where every x is a point's own. */
  readonly bucket: number | null
  readonly placeOf: (x: number) => number
}

export type Span = { readonly from: number; readonly to: number }

const within = (x: Float64Array, { from, to }: Span): Float64Array => {
  const end = firstAbove(x, to)
  let start = firstAbove(x, from)
  while (start > 0 && (x[start - 1] as number) === from) start--
  return x.subarray(start, end)
}

/** The places that all lines of one chart share: exact where they are at most `exact`, else `width` buckets. */
export const gridOf = (xs: readonly Float64Array[], span: Span, width: number, exact = 2 * width): Grid => {
  const parts = xs.map((x) => within(x, span))
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  // runs of one experiment share their steps: several thousand places can still be few different ones
  const different = total <= 16 * exact ? new Set(parts.flatMap((part) => [...part])) : null
  if (different !== null && different.size <= exact) {
    const x = [...different].sort((a, b) => a - b)
    const places = new Map(x.map((value, i) => [value, i]))
    return { x, bucket: null, placeOf: (value) => places.get(value) ?? -1 }
  }
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const part of parts) {
    if (part.length === 0) continue
    low = Math.min(low, part[0] as number)
    high = Math.max(high, part.at(-1) as number)
  }
  const bucket = (high - low) / width || 1
  return {
    x: Array.from({ length: width }, (_, i) => low + (i + 0.5) * bucket),
    bucket,
    placeOf: (value) => (value < low || value > high ? -1 : Math.min(width - 1, Math.floor((value - low) / bucket))),
  }
}

type Values = (number | null)[]
export type Bucketed = {
  readonly last: Values
  readonly first: Values | null
  readonly min: Values | null
  readonly max: Values | null
  readonly mean: Values | null
  readonly smooth: Values | null
  readonly odd: [number, 'NaN' | 'Infinity' | '-Infinity', number][]
}

/** Seven digits draw and read the same, and halve what is sent. */
const short = (value: number): number => Number(value.toPrecision(7))

const oddName = (value: number): 'NaN' | 'Infinity' | '-Infinity' =>
  Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'

/** Marks beyond these say nothing more. */
const mostOdd = 400

/**
 * `weight`: of an exponential moving average over the finite points, corrected for its start as Adam's moments are
 * (Kingma & Ba 2014, section 3); 0: none.
 */
export const bucketed = ({ x, y }: Series, grid: Grid, weight: number): Bucketed => {
  const { length } = grid.x
  const blank = (): Values => new Array<number | null>(length).fill(null)
  const [last, first, min, max, smooth] = [blank(), blank(), blank(), blank(), blank()]
  const sums = new Float64Array(length)
  const counts = new Uint32Array(length)
  const odd = new Map<string, [number, 'NaN' | 'Infinity' | '-Infinity', number]>()
  let average = 0
  let left = 1
  let crowded = false
  for (let i = 0; i < x.length; i++) {
    const value = y[i] as number
    const place = grid.placeOf(x[i] as number)
    const isOdd = !Number.isFinite(value)
    if (!isOdd && weight > 0) {
      average = weight * average + (1 - weight) * value
      left *= weight
    }
    if (place < 0) continue
    if (isOdd) {
      const key = `${place} ${value}`
      const mark = odd.get(key)
      if (mark !== undefined) mark[2]++
      else if (odd.size < mostOdd) odd.set(key, [grid.x[place] as number, oddName(value), 1])
      continue
    }
    const seen = counts[place] as number
    if (seen > 0) crowded = true
    counts[place] = seen + 1
    sums[place] = (sums[place] as number) + value
    last[place] = value
    if (seen === 0) {
      first[place] = value
      min[place] = value
      max[place] = value
    } else {
      min[place] = Math.min(min[place] as number, value)
      max[place] = Math.max(max[place] as number, value)
    }
    if (weight > 0) smooth[place] = average / (1 - left)
  }
  const told = (values: Values): Values => values.map((value) => (value === null ? null : short(value)))
  const mean = (): Values =>
    last.map((value, i) => (value === null ? null : short((sums[i] as number) / (counts[i] as number))))
  return {
    last: told(last),
    first: crowded ? told(first) : null,
    min: crowded ? told(min) : null,
    max: crowded ? told(max) : null,
    mean: crowded ? mean() : null,
    smooth: weight > 0 ? told(smooth) : null,
    odd: [...odd.values()],
  }
}
