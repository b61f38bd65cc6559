// O3: one update from a fresh optimizer goes down: along its own gradient, and so in the loss that the program reports.
// Not whether it goes on falling (O4), nor how fast (O5, T2).
//
// The slope that an update promises is ⟨gradient, change⟩. The loss it then brings is measured on the same batch, with the same
// noise, against the loss of the same call after a suppressed update: all that differs is the weights. For a small enough rate the
// two agree in every program whose reported loss is the one it differentiates. Where they agree with opposite signs, the program
// minimises the negative of what it reports; where both rise, its optimizer maximises. A ratio that is neither 1 nor −1 says that
// something else is reported (one term, a scaled loss), which is no fault. Several optimizers of a custom task may play against
// each other: there only each one's own slope is looked at, and only warned of.
import type { StepRecord } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { baseRate, cycle, frozenSize } from './cycle.ts'
import { fallsWithoutEnd } from './endless.ts'
import { meanLoss } from './initial.ts'
import { arithmeticOf } from './rounding.ts'
import type { Trial } from './trial.ts'

/** One update at one rate. */
export type Slope = {
  readonly rate: number
  /** ⟨raw gradient, change⟩, of each optimizer and together. */
  readonly of: ReadonlyMap<string, number>
  readonly promised: number
  /** The loss after the update, and at the same call without it. */
  readonly after: number
  readonly still: number
}

const brought = ({ after, still }: Slope): number => after - still
/** 1 where the loss does what the gradient says. */
export const agreement = (slope: Slope): number => brought(slope) / slope.promised

/** An update should change the loss by about this share: far above rounding, and still nearly a straight line. */
const share = 5e-3
const tries = 4

export const o3 = define({
  code: 'O3',
  needs: ['gradients', 'frozenBatch', 'reset'],
  after: ['O1'],
  costClass: 'warm',
  async run(context) {
    const trial = await context.at('initial')
    const probe = { batch: { frozen: frozenSize(context, 32) }, regularisation: false } as const
    const reference = await cycle(context, trial, { ...probe, learningRate: baseRate(context) })
    if (reference === null) return skipped('no update was made in 64 steps')
    const calls = reference.records.length
    const first = slopeOf(context, reference.records, baseRate(context), Number.NaN, Number.NaN)
    const start = reference.records[0]?.loss ?? Number.NaN
    if (!Number.isFinite(start) || !Number.isFinite(first.promised) || first.promised === 0)
      return skipped('the first update promises nothing: no gradient, or none that is finite')
    const resolution = Math.max(1e-12, Math.abs(start) * resolutionOf(context))
    const wanted = Math.max(Math.abs(start), 1e-3) * share
    let rate = baseRate(context) * Math.min(1, wanted / Math.abs(first.promised))
    const slopes: Slope[] = []
    for (let i = 0; i < tries; i++) {
      const slope = await measure(context, trial, { ...probe, learningRate: rate }, calls)
      if (!Number.isFinite(slope.promised + brought(slope)) || Math.abs(brought(slope)) < resolution) break
      slopes.push(slope)
      if (descends(slope) || straight(slopes)) break
      rate /= 4
    }
    const falling = slopes.some((slope) => brought(slope) < 0)
    const level = start < 0 && falling ? meanLoss(context.task, await context.evaluation('initial')) : null
    const flipped =
      level !== null &&
      isNear(start, level.value) &&
      (await fallsWithoutEnd(trial, { ...probe.batch, rate: baseRate(context), beginning: start }))
    await trial.restore('initial')
    return judgeDescent(context, { slopes, start, level: level?.value ?? null, first, flipped })
  },
})

const resolutionOf = (context: Context): number => {
  const arithmetic = arithmeticOf(context.facts)
  return arithmetic === 'float32' || arithmetic === 'float64' ? 3e-6 : 2e-2
}

type Probe = {
  readonly batch: { readonly frozen: number }
  readonly regularisation: false
  readonly learningRate: number
}

const measure = async (context: Context, trial: Trial, probe: Probe, calls: number): Promise<Slope> => {
  const hold = context.can('suppressUpdates') ? { updates: 'suppressed' as const } : { learningRate: 0 }
  await trial.restore('initial')
  const still = (await trial.steps({ ...probe, ...hold, steps: calls + 1 })).at(-1)?.loss ?? Number.NaN
  await trial.restore('initial')
  const moved = await cycle(context, trial, probe, calls)
  const after = (await trial.steps({ ...probe, ...hold, steps: 1 })).at(-1)?.loss ?? Number.NaN
  return slopeOf(context, moved?.records ?? [], probe.learningRate, after, still)
}

const slopeOf = (
  { facts }: Context,
  records: readonly StepRecord[],
  rate: number,
  after: number,
  still: number,
): Slope => {
  const of = new Map<string, number>()
  const holders = new Map(facts.tensors.map(({ name, optimizers }) => [name, optimizers[0] ?? '']))
  for (const { parameters } of records)
    for (const [name, { gradient, clipped, descent }] of Object.entries(parameters ?? {})) {
      if (descent === null || descent === undefined) continue
      // clipping shortens what the optimizer sees, and the loss has the slope of the whole gradient
      const longer = gradient !== null && clipped ? gradient / clipped : 1
      const optimizer = holders.get(name) ?? ''
      of.set(optimizer, (of.get(optimizer) ?? 0) + descent * longer)
    }
  const promised = [...of.values()].reduce((a, b) => a + b, 0)
  return { rate, of, promised, after, still }
}

const descends = (slope: Slope): boolean => slope.promised < 0 && brought(slope) < 0
const mirrored = (slope: Slope): boolean => Math.abs(agreement(slope) + 1) < 0.25
const agrees = (slope: Slope): boolean => Math.abs(agreement(slope) - 1) < 0.25

/** Two rates, one a quarter of the other, tell the same: this is the slope, and no curvature. */
const straight = (slopes: readonly Slope[]): boolean => {
  const [before, now] = slopes.slice(-2)
  return (
    before !== undefined &&
    now !== undefined &&
    ((mirrored(before) && mirrored(now)) || (agrees(before) && agrees(now)))
  )
}

type Seen = {
  readonly slopes: readonly Slope[]
  /** The first reported loss; what the outputs of the untrained model give, where it is known and was asked for. */
  readonly start: number
  readonly level: number | null
  readonly first: Slope
  /** The reported loss is near minus that level, and falls without end. */
  readonly flipped: boolean
}

/** What begins at minus the loss that its outputs have. */
export const isNear = (start: number, level: number): boolean => -start > 0.5 * level && -start < 2 * level

export const judgeDescent = (
  { facts, task }: Pick<Context, 'facts' | 'task'>,
  { slopes, start, level, first, flipped }: Seen,
): Outcome => {
  const last = slopes.at(-1)
  const shown = last ?? first
  const found = {
    seen: last
      ? `rate ${number(last.rate)}: the gradient promises ${number(last.promised)}, the loss changes by ${number(brought(last))}, from ${number(last.still)}`
      : `the gradient promises ${number(first.promised)}; the change of the loss drowns in rounding`,
    expected: 'a promise below zero, and a loss that keeps it',
    where: placeOf(facts, 'loss', 'train_step', 'optimizer', 'optimizers', 'setup'),
    evidence: {
      rates: slopes.map(({ rate }) => rate),
      promised: slopes.map(({ promised }) => promised),
      brought: slopes.map(brought),
      start,
      level,
    },
  }
  const adversaries = facts.optimizers.length > 1 && task.kind === 'custom'
  const rising = [...shown.of].filter(([, slope]) => slope > 0).map(([name]) => name)
  if (adversaries)
    return rising.length === 0
      ? go(`each of ${facts.optimizers.length} optimizers goes down its own gradient`, found)
      : warn('step-ascends', `optimizer ${rising[0]} goes up its gradient`, {
          ...found,
          advice: 'fine for a player that maximises; else drop maximize=True or the negative rate',
        })
  if (last && descends(last) && level !== null && flipped)
    return noGo('loss-sign-flipped', 'the loss is negative and falls: its sign is turned round', {
      ...found,
      seen: `${found.seen}; the outputs of the untrained model give ${number(level)}, and it falls without end`,
      advice: 'minimise the loss itself, not its negative',
    })
  if (last && straight(slopes) && brought(last) > 0) {
    const fault = task.kind === 'custom' ? warn : noGo
    if (mirrored(last))
      return fault('loss-sign-flipped', 'the update minimises the negative of the loss that is reported', {
        ...found,
        alternatives: ['step-ascends'],
        advice: 'call backward() on the loss itself, not on its negative',
      })
    if (agrees(last))
      return fault('step-ascends', 'the update goes up: the optimizer maximises the loss', {
        ...found,
        alternatives: ['loss-sign-flipped'],
        advice: 'drop maximize=True, or the sign in the update of your own',
      })
  }
  if (last && descends(last))
    return go(
      `the first update goes down: ${number(brought(last))}, where its gradient says ${number(last.promised)}`,
      found,
    )
  if (shown.promised < 0)
    return go('the first update goes down its own gradient; the loss reported is another one', found)
  return skipped('the first update says neither up nor down: its slope is not that of the loss reported')
}
