// Where a run stands against its baseline, both as far as the run has come; and what a chart draws of that baseline.
// Not a verdict: decide/ gives those, and the journal has them.

import { comparableOf, differsIn } from '../comparison.ts'
import type { BaselineFile, Direction } from '../contract/index.ts'
import { type BaselineCurve, deviation, envelope, mean } from '../decide/index.ts'
import { baselineNamed } from '../record/index.ts'
import type { Known } from './project.ts'
import type { Against } from './view.ts'

/** What runs are measured by: seeds of one experiment, or one earlier run. */
export type Measure = {
  readonly name: string
  readonly curves: readonly BaselineCurve[]
  /** In what the run asks another question; empty where they may be compared. */
  readonly differs: readonly string[]
}

/** Null where the run names none, or names itself; a text where the name leads nowhere. */
export const measureOf = (
  { run, plan }: Known,
  name: string | null,
  runs: ReadonlyMap<string, Known>,
  baselines: BaselineFile,
): Measure | string | null => {
  if (plan === null || name === null || name === run) return null
  const own = comparableOf(plan)
  const found = baselineNamed(baselines, name)
  if (found !== null)
    return {
      name: `${found.name}@${found.version}`,
      curves: found.seeds.map(({ curve }) => curve.map(([fraction, value]) => ({ fraction, value }))),
      differs: differsIn(own, found.comparable),
    }
  const other = runs.get(name) ?? [...runs.values()].find((each) => each.run.startsWith(name))
  if (other === undefined || other.past === null || other.plan === null) return 'no baseline and no run has this name'
  if (other.run === run) return null
  return { name: other.run, curves: [other.past.curve], differs: differsIn(own, comparableOf(other.plan)) }
}

/** Best value by `fraction` of the budget; null before the first. */
const bestBy = (direction: Direction, curve: BaselineCurve, fraction: number): number | null =>
  // a quotient of whole steps: 1e-9 forgives its rounding
  envelope(direction, curve).findLast((point) => point.fraction <= fraction + 1e-9)?.value ?? null

/** `pinned`: a run that the reader has chosen; else what its run file names. */
export const againstOf = (
  known: Known,
  pinned: string | null,
  runs: ReadonlyMap<string, Known>,
  baselines: BaselineFile,
): Against | null => {
  const name = pinned ?? known.plan?.run.stop.baseline ?? null
  const measure = measureOf(known, name, runs, baselines)
  if (measure === null || name === null || known.past === null) return null
  if (typeof measure === 'string') return { kind: 'apart', name, why: measure }
  if (measure.differs.length > 0)
    return { kind: 'apart', name: measure.name, why: `not comparable: ${measure.differs.join(', ')}` }
  const { direction } = known.past.plan.objective
  const reached = known.past.curve.at(-1)?.fraction
  if (reached === undefined) return null
  const best = bestBy(direction, known.past.curve, reached)
  const theirs = measure.curves.flatMap((curve) => bestBy(direction, curve, reached) ?? [])
  if (best === null || theirs.length < measure.curves.length || theirs.length === 0) return null
  const delta = best - mean(theirs)
  return {
    kind: 'measured',
    name: measure.name,
    delta,
    isBetter: direction === 'max' ? delta > 0 : delta < 0,
    spread: deviation(theirs),
    seeds: theirs.length,
  }
}
