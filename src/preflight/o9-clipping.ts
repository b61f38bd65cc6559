// O9: gradients are clipped as declared, in their own units; and it is the gradients that are clipped, not the loss.
// Not which limit is a good one.
//
// A declared limit is held against the norm that the optimizer sees, unscaled. Where a loss scaler is at work, one update is made
// under two loss scales: what the optimizer sees must not depend on the scale, and does, in exact proportion, where the program clips
// before it unscales; without a limit, where the optimizer is stepped beside the scaler. A loss that is cut off shows in single samples: all of those above the bound have one and the same loss,
// the highest there is, and no gradient at all. And clipping that comes after the update: the optimizer saw gradients of all sizes, and what
// lies in them when the step is over has one and the same norm, the limit, wherever the optimizer saw more. Or the calls themselves tell, in a step
// of the project's own.
import type { StepRecord, Update } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, plural, warn } from './check.ts'
import type { Context } from './context.ts'
import { baseRate, cycle, frozenSize, orNull } from './cycle.ts'
import type { Trial } from './trial.ts'

const singles = 12
const otherScale = 1 / 16

export const o9 = define({
  code: 'O9',
  needs: ['gradients', 'frozenBatch', 'reset'],
  after: [],
  costClass: 'warm',
  async run(context) {
    const trial = await context.at('initial')
    // it asks for one sample at a time, of which all ranks but one would get nothing
    const alone = context.plan.run.world > 1 ? null : await oneByOne(context, trial)
    const cut = alone && ((await lossIsCut(context, trial, alone)) ?? clipsTooLate(context, alone))
    if (cut) return cut
    await trial.restore('initial')
    const probe = { batch: { frozen: frozenSize(context) }, regularisation: false, learningRate: baseRate(context) }
    const records = (await cycle(context, trial, probe))?.records ?? []
    const exceeded = overLimit(context, records)
    if (exceeded) return exceeded
    const late = await clippedAfterUse(context, trial, probe)
    if (late) return late
    await trial.restore('initial')
    const scaled = await underOtherScale(context, trial, probe, records)
    await trial.restore('initial')
    if (scaled) return scaled
    const update = firstApplied(records)
    const [raw, seen] = [update?.gradientNorm ?? null, update?.clippedNorm ?? null]
    const clips = raw !== null && seen !== null && seen < 0.999 * raw
    const limit = context.plan.run.train.clip_norm
    return go(clips ? `gradients are clipped from ${number(raw)} to ${number(seen)}` : 'gradients are not clipped', {
      seen: `norm ${number(raw ?? Number.NaN)} from backward(), ${number(seen ?? Number.NaN)} at the optimizer`,
      expected: limit === null ? 'no limit is declared' : `at most ${number(limit)}, train.clip_norm`,
      evidence: { gradientNorm: raw, clippedNorm: seen, limit, lossScale: update?.lossScale ?? null },
    })
  },
})

const firstApplied = (records: readonly StepRecord[]) =>
  records.flatMap(({ updates }) => updates).find(({ outcome }) => outcome === 'applied')

const overLimit = (context: Context, records: readonly StepRecord[]): Outcome | null => {
  const limit = context.plan.run.train.clip_norm
  if (limit === null) return null
  const over = records
    .flatMap(({ updates }) => updates)
    .find(({ outcome, clippedNorm }) => outcome === 'applied' && (clippedNorm ?? 0) > 1.01 * limit)
  if (!over) return null
  return noGo('clip-limit-exceeded', 'the optimizer sees gradients above the declared limit', {
    seen: `norm ${number(over.clippedNorm ?? Number.NaN)} at optimizer ${over.optimizer}`,
    expected: `at most ${number(limit)}: train.clip_norm`,
    where: placeOf(context.facts, 'train_step', 'setup'),
    evidence: { limit, clippedNorm: over.clippedNorm ?? null, gradientNorm: over.gradientNorm },
    advice: 'clip_grad_norm_(self.model.parameters(), self.clip_norm) between backward() and step()',
  })
}

const underOtherScale = async (
  context: Context,
  trial: Trial,
  probe: { batch: { frozen: number }; regularisation: boolean; learningRate: number },
  records: readonly StepRecord[],
): Promise<Outcome | null> => {
  const one = firstApplied(records)
  if (!one?.lossScale || !one.clippedNorm || !one.gradientNorm) return null
  await trial.restore('initial')
  const again = await cycle(context, trial, {
    ...probe,
    lossScaleFactor: otherScale * (one.lossScale / scaleAtFirst(records)),
  })
  const other = firstApplied(again?.records ?? [])
  if (!other?.lossScale || !other.clippedNorm || !other.gradientNorm) return null
  const scales = one.lossScale / other.lossScale
  const raw = other.gradientNorm / one.gradientNorm
  const clipped = other.clippedNorm / one.clippedNorm
  // 16-bit gradients round; a factor of sixteen does not
  if (scales < 4 || Math.abs(raw - 1) > 0.2) return null
  // beside the scaler the norm grows with the scale; clipped before it is unscaled, it falls
  const untouched =
    Math.abs(clipped * scales - 1) < 0.2 && Math.abs(one.clippedNorm / (one.gradientNorm * one.lossScale) - 1) < 0.02
  if (untouched)
    return noGo('gradients-not-unscaled', 'the optimizer updates with gradients of the scaled loss', {
      seen: `norm at the optimizer ${number(one.clippedNorm)} at loss scale ${number(one.lossScale)}, ${number(other.clippedNorm)} at ${number(other.lossScale)}; unscaled ${number(one.gradientNorm)} and ${number(other.gradientNorm)}`,
      expected: 'the same under every loss scale',
      where: placeOf(context.facts, 'train_step', 'setup'),
      evidence: {
        scales: [one.lossScale, other.lossScale],
        clippedNorms: [one.clippedNorm, other.clippedNorm],
        gradientNorms: [one.gradientNorm, other.gradientNorm],
      },
      alternatives: ['clips-before-unscaling', 'diverges'],
      advice: 'scaler.step(optimizer) and scaler.update() in the place of optimizer.step()',
    })
  if (Math.abs(clipped / scales - 1) > 0.2) return null
  return noGo('clips-before-unscaling', 'gradients are clipped before the loss scale is taken out', {
    seen: `norm at the optimizer ${number(one.clippedNorm)} at loss scale ${number(one.lossScale)}, ${number(other.clippedNorm)} at ${number(other.lossScale)}; from backward() ${number(one.gradientNorm)} and ${number(other.gradientNorm)}`,
    expected: 'the same under every loss scale',
    where: placeOf(context.facts, 'train_step', 'setup'),
    evidence: {
      scales: [one.lossScale, other.lossScale],
      clippedNorms: [one.clippedNorm, other.clippedNorm],
      gradientNorms: [one.gradientNorm, other.gradientNorm],
    },
    advice: 'scaler.unscale_(optimizer) before clip_grad_norm_',
  })
}

/** The scale that the run began with, of which overflows may have halved some. */
const scaleAtFirst = (records: readonly StepRecord[]): number => {
  const used = firstApplied(records)?.lossScale ?? 1
  const skips = records.filter(({ updates }) => updates.every(({ outcome }) => outcome !== 'applied')).length
  return used * 2 ** skips
}

type Single = { readonly loss: number; readonly gradient: number | null }

/** Steps of one sample, none of which moves anything; null where the engine cannot make them. */
const oneByOne = async (context: Context, trial: Trial): Promise<readonly StepRecord[] | null> => {
  const size = trial.facts.samples.train ?? 0
  if (!context.can('batchByIds') || !context.can('suppressUpdates') || size < singles) return null
  return onBatches(
    context,
    trial,
    placesOf(size).map((id) => [id]),
  )
}

const placesOf = (size: number): number[] => Array.from({ length: singles }, (_, i) => Math.floor((i * size) / singles))

const onBatches = async (
  context: Context,
  trial: Trial,
  ids: readonly (readonly number[])[],
): Promise<readonly StepRecord[] | null> => {
  const steps = trial.steps({
    steps: ids.length,
    batch: { ids: ids.map((batch) => [...batch]) },
    observe: true,
    updates: 'suppressed',
    regularisation: false,
    statistics: false,
    accumulate: context.can('accumulate') ? 1 : null,
  })
  return await orNull(steps)
}

/**
 * Above a bound all samples have the same loss, and no gradient: each by itself, and together. A loss that compares the samples of a batch
 * (a correlation, the hardest of its negatives) is a constant for one sample, too, and none for several.
 */
const lossIsCut = async (context: Context, trial: Trial, records: readonly StepRecord[]): Promise<Outcome | null> => {
  const { facts, task } = context
  const found = records.map(({ loss, parameters }) => ({ loss, gradient: wholeOf(parameters) }))
  const cut = cutAt(found)
  if (cut === null) return null
  const ids = placesOf(trial.facts.samples.train ?? 0).filter((_, i) => found[i]?.loss === cut.at)
  await trial.restore('initial')
  const [together] = (await onBatches(context, trial, [ids])) ?? []
  if (!together || wholeOf(together.parameters) !== 0) return null
  // a robust loss for a regression has a plateau too, but not for most of its samples
  const most = task.kind === 'regression' && cut.count >= (2 * singles) / 3
  const fault = task.kind === 'classification' || most ? noGo : warn
  return fault('loss-clipped', 'the loss is clipped, and with it the gradient of every sample above the bound', {
    seen: `${cut.count} of ${plural(singles, 'sample')}, one by one: loss exactly ${number(cut.at)}, gradient 0`,
    expected: 'a gradient wherever the loss is above its floor',
    where: placeOf(facts, 'loss', 'train_step', 'model', 'setup'),
    evidence: { bound: cut.at, samples: cut.count, of: singles, losses: found.map(({ loss }) => loss) },
    alternatives: ['parameter-without-gradient'],
    advice: 'clip the norm of the gradients, clip_grad_norm_, not the loss',
  })
}

const clipsTooLate = (context: Context, records: readonly StepRecord[]): Outcome | null => {
  const late = clippedLate(records.flatMap(({ updates }) => updates))
  if (late === null) return null
  return noGo('clips-too-late', 'gradients are clipped after the optimizer has used them', {
    seen: `norms ${number(late.least)} to ${number(late.most)} at optimizer ${late.optimizer}, and ${number(late.limit)} each time when the step is over`,
    expected: 'the clipped norm at the optimizer',
    where: placeOf(context.facts, 'train_step', 'setup'),
    evidence: { limit: late.limit, least: late.least, most: late.most, steps: late.steps },
    advice: 'clip_grad_norm_ between backward() and step()',
  })
}

/** However small the gradients: the project clips them after the update that used them, and the next one begins from none. */
const clippedAfterUse = async (
  context: Context,
  trial: Trial,
  probe: { batch: { frozen: number }; regularisation: boolean; learningRate: number },
): Promise<Outcome | null> => {
  if (!context.can('trace')) return null
  await trial.restore('initial')
  const records = await orNull(trial.steps({ ...probe, steps: 2, observe: true, trace: true }))
  const seen = (records ?? []).flatMap(({ trace }) => (trace?.clipping ? [trace.clipping] : []))
  if (seen.length >= 2 && seen.every((one) => one.void))
    return noGo('clips-too-late', 'gradients are clipped before there are any: nothing is ever clipped', {
      seen: `in ${plural(seen.length, 'step')} no gradient lies there when it is clipped, and backward() comes after it`,
      expected: 'the clipping between backward() and step()',
      where: placeOf(context.facts, 'train_step', 'setup'),
      evidence: { steps: seen.length },
      advice: 'clip_grad_norm_ between backward() and step()',
    })
  if (seen.length < 2 || !seen.every(({ late }) => late) || !seen.at(-1)?.cleared) return null
  return noGo('clips-too-late', 'gradients are clipped after the optimizer has used them', {
    seen: `in ${plural(seen.length, 'step')} the clipping comes after the update, and the next step clears what it has clipped`,
    expected: 'the clipping between backward() and step()',
    where: placeOf(context.facts, 'train_step', 'setup'),
    evidence: { steps: seen.length },
    advice: 'clip_grad_norm_ between backward() and step()',
  })
}

type Late = { optimizer: string; limit: number; least: number; most: number; steps: number }

/** The limit to which gradients are cut once they have been used: one norm that is left of several, at three steps or more. */
export const clippedLate = (updates: readonly Update[]): Late | null => {
  for (const optimizer of new Set(updates.map(({ optimizer }) => optimizer))) {
    const cut = updates.flatMap(({ optimizer: of, clippedNorm: used, leftNorm: left, lossScale }) =>
      of === optimizer && lossScale === undefined && used && left && left < 0.99 * used ? [{ used, left }] : [],
    )
    const used = cut.map((one) => one.used)
    const left = cut.map((one) => one.left)
    const [least, most, limit] = [Math.min(...used), Math.max(...used), Math.max(...left)]
    if (cut.length >= 3 && most > 1.1 * least && limit - Math.min(...left) < 1e-3 * limit)
      return { optimizer, limit, least, most, steps: cut.length }
  }
  return null
}

const wholeOf = (parameters: StepRecord['parameters']): number | null => {
  const gradients = Object.values(parameters ?? {}).flatMap(({ gradient }) => (gradient === null ? [] : [gradient]))
  return gradients.length === 0 ? null : Math.hypot(...gradients)
}

/** The bound, where a quarter of the samples or more lie on it; a floor at zero is none. */
export const cutAt = (samples: readonly Single[]): { at: number; count: number } | null => {
  const at = Math.max(...samples.map(({ loss }) => loss))
  const on = samples.filter(({ loss, gradient }) => loss === at && gradient === 0)
  const above = samples.filter(({ loss }) => loss === at)
  if (!Number.isFinite(at) || at === 0 || on.length < above.length) return null
  return on.length >= Math.max(3, samples.length / 4) ? { at, count: on.length } : null
}
