// The learning rates of a whole run as one curve: the largest rate of all groups of all optimizers at each point.
// Pure arithmetic on a schedule report; what a curve means is O6's.
import type { ScheduleReport } from '../contract/index.ts'

export type Point = { readonly step: number; readonly rate: number }

export type Curve = {
  readonly points: readonly Point[]
  readonly peak: number
  /** The first step within 1% of the peak. */
  readonly peakAt: number
  readonly first: number
  readonly last: number
}

const largest = (rates: Readonly<Record<string, readonly number[]>>): number =>
  Math.max(0, ...Object.values(rates).flat())

export const curveOf = ({ points, extremes }: ScheduleReport): Curve => {
  const all = points.map(({ step, rates }) => ({ step, rate: largest(rates) }))
  const peak = Math.max(0, ...Object.values(extremes).map(({ max }) => max), ...all.map(({ rate }) => rate))
  const near = all.find(({ rate }) => rate >= 0.99 * peak)?.step ?? 1
  const exact = Object.values(extremes)
    .filter(({ max }) => max >= peak)
    .map(({ maxStep }) => maxStep)
  return {
    points: all,
    peak,
    peakAt: Math.min(near, ...exact),
    first: all[0]?.rate ?? 0,
    last: all.at(-1)?.rate ?? 0,
  }
}

/** Steps from the first point of an unbroken stretch at or below `level` that lasts to the end; 0 where the end is above it. */
export const tailBelow = ({ points }: Curve, level: number): number => {
  const above = points.findLastIndex(({ rate }) => rate > level)
  const from = points[above + 1]
  const end = points.at(-1)
  return from && end ? end.step - from.step + 1 : 0
}

/** Steps at the start of the run at exactly zero. */
export const headAtZero = ({ points }: Curve): number => {
  const moving = points.find(({ rate }) => rate > 0)
  return moving ? (moving === points[0] ? 0 : moving.step - 1) : (points.at(-1)?.step ?? 0)
}

/** The lowest rate after a step; the peak where there is no point after it. */
export const lowestAfter = ({ points, peak }: Curve, step: number): number =>
  points.reduce((least, point) => (point.step > step ? Math.min(least, point.rate) : least), peak)

/** Some points of it, for a picture. */
export const thinned = ({ points }: Curve, wanted = 60): readonly Point[] => {
  const stride = Math.max(1, Math.ceil(points.length / wanted))
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1)
}
