// One chart: the chosen runs' points on one axis, in buckets of its pixels, and what they are measured by.
// Not all points: what a request asks for is computed anew, from columns in memory.
import type { BaselineFile } from '../contract/index.ts'
import { deviation, mean } from '../decide/index.ts'
import { printable } from '../report/index.ts'
import { measureOf } from './against.ts'
import { bucketed, type Grid, gridOf } from './buckets.ts'
import type { Curve } from './points.ts'
import type { Project } from './project.ts'
import type { AxisKind, Curves, Line, Reference } from './view.ts'

export type Asked = {
  readonly runs: readonly string[]
  readonly metric: string
  readonly axis: AxisKind
  /** Of what is visible; ±Infinity for all. */
  readonly from: number
  readonly to: number
  /** Pixels. */
  readonly width: number
  /** Of the moving average, 0 for none. */
  readonly weight: number
  /** A run that is drawn as the measure of the others. */
  readonly pinned: string | null
}

const seriesOf = (curve: Curve, axis: AxisKind) => ({
  x: axis === 'step' ? curve.steps.values() : curve.times.values(),
  y: curve.values.values(),
})

type Band = { readonly name: string; readonly seeds: number; readonly points: ReadonlyMap<number, readonly number[]> }

/** What the seeds of a baseline had at each step, where the budget is as many steps. */
const bandOf = (project: Project, { runs, metric, axis }: Asked, baselines: BaselineFile): Band | null => {
  if (axis !== 'step') return null
  for (const run of runs) {
    const known = project.runs.get(run)
    const plan = known?.plan ?? null
    if (known === undefined || plan === null || plan.objective.name !== metric) continue
    const measure = measureOf(known, plan.run.stop.baseline, project.runs, baselines)
    if (measure === null || typeof measure === 'string' || measure.differs.length > 0) continue
    const points = new Map<number, number[]>()
    for (const curve of measure.curves)
      for (const { fraction, value } of curve) {
        const step = Math.round(fraction * plan.steps)
        const here = points.get(step)
        if (here === undefined) points.set(step, [value])
        else here.push(value)
      }
    return { name: measure.name, seeds: measure.curves.length, points }
  }
  return null
}

const referenceOf = (band: Band, grid: Grid): Reference => {
  const blank = () => new Array<number | null>(grid.x.length).fill(null)
  const [middle, low, high] = [blank(), blank(), blank()]
  for (const [step, values] of band.points) {
    const place = grid.placeOf(step)
    const finite = values.filter(Number.isFinite)
    if (place < 0 || finite.length === 0) continue
    const at = mean(finite)
    const spread = deviation(finite) ?? 0
    middle[place] = at
    low[place] = at - spread
    high[place] = at + spread
  }
  const several = band.seeds > 1
  return { name: band.name, seeds: band.seeds, middle, low: several ? low : null, high: several ? high : null }
}

/** By its name as it is shown: a page never has one that holds control characters. */
const curveNamed = (curves: ReadonlyMap<string, Curve> | undefined, name: string): Curve | undefined =>
  curves?.get(name) ?? [...(curves ?? [])].find(([each]) => printable(each) === name)?.[1]

/** Runs that have no such metric have no line. */
export const curvesOf = async (project: Project, asked: Asked): Promise<Curves> => {
  const { axis, metric, width, weight, pinned } = asked
  const curves = new Map<string, Curve>()
  for (const run of new Set([...asked.runs, ...(pinned === null ? [] : [pinned])])) {
    const curve = curveNamed((await project.points(run))?.curves, metric)
    if (curve !== undefined) curves.set(run, curve)
  }
  const band = pinned === null ? bandOf(project, asked, project.baselines()) : null
  const xs = [...curves.values()].map((curve) => seriesOf(curve, axis).x)
  if (band !== null) xs.push(Float64Array.from(band.points.keys()).sort())
  const grid = gridOf(xs, { from: asked.from, to: asked.to }, width)
  const lines: Line[] = []
  for (const run of asked.runs) {
    const curve = curves.get(run)
    if (curve !== undefined && run !== pinned) lines.push({ run, ...bucketed(seriesOf(curve, axis), grid, weight) })
  }
  const measure = pinned === null ? undefined : curves.get(pinned)
  const reference: Reference | null =
    pinned !== null && measure !== undefined
      ? { name: pinned, seeds: 1, low: null, high: null, middle: bucketed(seriesOf(measure, axis), grid, 0).last }
      : band === null
        ? null
        : referenceOf(band, grid)
  const points = [...curves.values()].reduce((sum, { steps }) => sum + steps.length, 0)
  return { metric, axis, x: grid.x, bucket: grid.bucket, points, lines, reference }
}
