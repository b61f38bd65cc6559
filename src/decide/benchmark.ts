// The benchmark rule: a run that is lost against earlier seeds, by far more than noise, and stays so. It is lost when it is far
// behind them and far back in time, or, behind or not, when it has slowed down so much that it will not come to where they ended.
// Not "worse than the baseline now", which kills most eventual winners: docs/stopping.md shows it on real curves.
import type { Decision, Metric, StopMode } from '../contract/index.ts'
import { metricOf } from './best.ts'
import type { Profile } from './profile.ts'
import type { Rule } from './rule.ts'
import { count, figure, percent } from './sentence.ts'
import { type Standing, standingOf } from './standing.ts'
import { noTrack, progressOf, type Track, tracked } from './track.ts'

/** What must hold, for how long, before the rule speaks. docs/stopping.md says where each number comes from. */
export type BenchmarkConstants = {
  /** The smallest difference that matters to the user, in units of the objective. */
  readonly minDelta: number
  /** Gap in standard deviations between seeds. */
  readonly z: number
  /** The lag must be below a ramp from `start` at the beginning of the budget to `end` at its end. */
  readonly lag: { readonly start: number; readonly end: number }
  /** The pace that is needed must be at least this many times the recent one. */
  readonly pace: number
  /** The gap must be at least this share of what the benchmark still gained from here. */
  readonly remaining: number
  /** From this fraction on a run is lost, behind or not, whose pace must rise by more than this many times. */
  readonly short: { readonly from: number; readonly pace: number }
  /** Its own evaluations may change by no more than so many gaps. */
  readonly swing: number
  /** Before this fraction of the budget it is silent. */
  readonly warmUp: number
  readonly hold: { readonly evaluations: number; readonly fraction: number }
}

/** Evaluations that must have been made before a curve tells anything. */
const fewestEvaluations = 4

/** What the gap must exceed; null where there is no noise to measure by. */
export const bandOf = (profile: Profile, noise: number | null, c: Pick<BenchmarkConstants, 'z' | 'minDelta'>) =>
  noise === null ? null : Math.max(c.minDelta, c.z * noise * Math.sqrt(1 + 1 / profile.seeds))

export const rampOf = (c: Pick<BenchmarkConstants, 'lag'>, fraction: number): number =>
  c.lag.start + (c.lag.end - c.lag.start) * fraction

/** Everything that a stop needs but the lag. */
export const isFarBehind = (profile: Profile, s: Standing, c: BenchmarkConstants): boolean => {
  const band = bandOf(profile, s.noise, c)
  if (band === null || s.gap <= band) return false
  return s.pace >= c.pace && s.remaining >= c.remaining && s.swing <= c.swing
}

/** How many times harder than the benchmark's own hardest moment the rest of the way is. A pace that it keeps anyway is no hardship. */
export const hardshipOf = (profile: Profile, s: Standing): number => s.pace / Math.max(1, profile.hardest)

/** Everything that falling short needs but the hardship: far from where the benchmark ended, whatever it is now. */
export const isFarFromEnd = (profile: Profile, s: Standing, c: BenchmarkConstants): boolean => {
  const band = bandOf(profile, s.noise, c)
  return band !== null && s.fraction >= c.short.from && s.missing > band
}

/** Whether it will not come to where the benchmark ended, behind it now or not: `hardship` beyond what is bearable. */
export const fallsShort = (profile: Profile, s: Standing, c: BenchmarkConstants): boolean =>
  isFarFromEnd(profile, s, c) && hardshipOf(profile, s) > c.short.pace

/** Whether all that a stop needs holds at this evaluation. Holding long enough is the rule's state. */
export const isHopeless = (profile: Profile, s: Standing, c: BenchmarkConstants): boolean =>
  (s.lag < rampOf(c, s.fraction) && isFarBehind(profile, s, c)) || fallsShort(profile, s, c)

export type BenchmarkState = {
  readonly track: Track
  /** Evaluations in a row at which everything held, and where the first of them stood. */
  readonly held: number
  readonly since: number
  /** Fraction at which the verdict was last given; null before. */
  readonly said: number | null
}

/** How much of the budget passes before advice that was not followed is given again. */
const repeatAfter = 0.1

type Options = {
  readonly mode: StopMode
  /** As a person names it: `mnist-cnn@2`. */
  readonly name: string
  readonly profile: Profile
  readonly objective: Metric
  /** Steps of the whole run. */
  readonly steps: number
  readonly constants: BenchmarkConstants
  /** Why the two may not be compared; one item a difference. Not empty: it advises, whatever the mode. */
  readonly differs?: readonly string[]
  /** This run goes on after a stop verdict, so that the share of false stops is measured and not believed. */
  readonly audited?: boolean
}

/**
 * One decision an evaluation of where the run stands (`baseline`), and the verdict (`benchmark`) when everything has held for
 * `hold`. After a stop that was undone by a resume it only advises: the person has decided.
 */
export const benchmark = (o: Options): Rule<BenchmarkState> => ({
  init: { track: noTrack, held: 0, since: 0, said: null },
  update: (state, event) => {
    if (event.type !== 'evaluated' || event.step === 0) return [state, []]
    const value = metricOf(event, o.objective.name)
    if (value === undefined) return [state, []]
    const fraction = event.step / o.steps
    const seen = { ...state, track: tracked(state.track, o.objective.direction, fraction, value) }
    const progress = progressOf(seen.track, fraction)
    if (progress === null) return [seen, []]
    const standing = standingOf(o.profile, o.objective.direction, progress)
    if (standing === null) return [seen, []]
    const held = hold(seen, o, standing)
    const words = [baselineDecision(o, event.step, standing)]
    if (o.mode === 'off' || !isDue(held, o.constants, standing.fraction)) return [held, words]
    const verdict = verdictOf(o, event.step, standing, held)
    return [{ ...held, held: 0, said: fraction }, [...words, verdict]]
  },
})

const hold = (state: BenchmarkState, o: Options, s: Standing): BenchmarkState => {
  const ready = s.fraction >= o.constants.warmUp && state.track.evaluations >= fewestEvaluations
  if (!ready || !isHopeless(o.profile, s, o.constants)) return { ...state, held: 0 }
  return { ...state, held: state.held + 1, since: state.held === 0 ? s.fraction : state.since }
}

/** Whether it has held for long enough now. */
export const isDue = (
  state: Pick<BenchmarkState, 'held' | 'since' | 'said'>,
  { hold }: BenchmarkConstants,
  fraction: number,
): boolean =>
  state.held >= hold.evaluations &&
  fraction - state.since >= hold.fraction - 1e-9 &&
  (state.said === null || fraction - state.said >= repeatAfter)

const numbersOf = (step: number, s: Standing): Record<string, number> => ({
  step,
  fraction: s.fraction,
  value: s.value,
  baseline: s.baseline,
  gap: s.gap,
  lag: s.lag,
  pace: s.pace,
  missing: s.missing,
  remaining: s.remaining,
  swing: s.swing,
  ...(s.noise === null ? {} : { noise: s.noise }),
  ...(s.reachedAt === null ? {} : { reachedAt: s.reachedAt }),
})

const baselineDecision = (o: Options, step: number, s: Standing): Decision => ({
  action: s.gap > 0 ? 'advise' : 'go-on',
  reason: 'baseline',
  sentence: standingWords(o, s),
  numbers: numbersOf(step, s),
})

const standingWords = ({ name, objective, profile }: Options, s: Standing): string => {
  const now = `at ${percent(s.fraction)}`
  const values = `${objective.name} ${figure(s.value)}, there ${figure(s.baseline)}`
  if (s.gap === 0) return `${now} you are level with ${name}: ${objective.name} ${figure(s.value)}`
  if (s.reachedAt === null) return `${now} you are past the best of ${name}: ${values}`
  if (s.lag === 0)
    return `${now} you are behind where ${name} was at ${percent(profile.fractions[0] as number)}: ${values}`
  return `${now} you are where ${name} was at ${percent(s.reachedAt)}: ${values}`
}

const pacesWords = ({ pace }: Standing, where: string): string =>
  pace === Number.POSITIVE_INFINITY
    ? 'it has not improved in the second half of its past'
    : `to ${where} it would have to improve ${figure(pace)} × as fast as of late`

/** Of a run that is not far behind now: why it is lost all the same. */
const shortWords = ({ name, profile }: Options, s: Standing, noise: string): string => {
  const hardest = profile.hardest > 1 ? `; ${name} itself never had to by more than ${figure(profile.hardest)} ×` : ''
  return `${name} ended better than that by ${noise}; ${pacesWords(s, 'get there')}${hardest}`
}

const verdictOf = (o: Options, step: number, s: Standing, held: BenchmarkState): Decision => {
  const noise = s.noise as number
  const differs = o.differs ?? []
  const stops = o.mode === 'stop' && differs.length === 0 && o.audited !== true && held.said === null
  const band = bandOf(o.profile, noise, o.constants) as number
  const inNoise = (gap: number) =>
    noise > 0 ? `${figure(gap / noise)} × noise (${figure(band / noise)} needed)` : figure(gap)
  const behind = isFarBehind(o.profile, s, o.constants)
  const tail = [
    ...(differs.length > 0 ? [`advice only: not comparable in ${differs.join(', ')}`] : []),
    ...(o.audited === true && o.mode === 'stop' ? ['it goes on as an audit of this rule'] : []),
    ...(held.said !== null && o.mode === 'stop' ? ['a stop was undone before, so this is advice'] : []),
  ]
  return {
    action: stops ? 'stop' : 'advise',
    reason: 'benchmark',
    sentence: [
      standingWords(o, s),
      ...(behind
        ? [
            `the gap is ${inNoise(s.gap)} and ${figure(s.remaining)} × what was still to be gained`,
            pacesWords(s, 'catch up'),
          ]
        : [shortWords(o, s, inNoise(s.missing))]),
      `so for ${count(held.held, 'evaluation')}, ${percent(s.fraction - held.since)} of the run`,
      ...tail,
    ].join('; '),
    numbers: {
      ...numbersOf(step, s),
      band,
      goal: o.profile.final.mean,
      hardship: hardshipOf(o.profile, s),
      ramp: rampOf(o.constants, s.fraction),
      held: held.held,
      heldFraction: s.fraction - held.since,
      seeds: o.profile.seeds,
      ...(o.audited === true ? { audited: 1 } : {}),
    },
  }
}
