// Scores of samples that a model has been fitted to: they rise as the training loss falls. A part of V7, for where predictions cannot be replaced.
// Not how good a score is, nor whether it holds for other samples.
//
// One batch is trained on until its loss has fallen by more than half, dropout off and batch norm by its running statistics, so that the model
// that is trained is the one that is scored. Its own samples are evaluated before and after. A validation loss that has doubled meanwhile, or a
// share that has fallen by more than chance allows, is turned round against the training loss. Both may be meant, so this only warns.
import type { Direction, Evaluation } from '../contract/index.ts'
import { go, list, number, type Outcome, placeOf, plural, warn } from './check.ts'
import type { Context } from './context.ts'
import { Crash, endsProcess } from './crash.ts'
import { baseRate, frozenSize } from './cycle.ts'
import type { Trial } from './trial.ts'

const most = 150
const batch = 32
/** Fallen by so much of its start, the training loss has been fitted. */
const fitted = 0.5

export const fittedScore = async (context: Context): Promise<Outcome | null> => {
  const { facts, plan } = context
  if (plan.run.world > 1 || facts.optimizers.length !== 1 || !context.can('batchByIds') || !context.can('frozenBatch'))
    return null
  try {
    return judged(context, await measured(context, await context.at('initial')))
  } catch (error) {
    // an evaluation may be made for its own samples alone
    if (error instanceof Crash && !endsProcess(error)) return null
    throw error
  }
}

type Measured = {
  readonly losses: readonly number[]
  readonly samples: number
  readonly before: Evaluation['metrics']
  readonly after: Evaluation['metrics']
}

const measured = async (context: Context, trial: Trial): Promise<Measured | null> => {
  const drawn = await trial.data({ frozen: frozenSize(context, batch) })
  const ids = drawn.map(({ id }) => id)
  if (new Set(ids).size < Math.min(8, batch) || ids.some((id) => id < 0)) return null
  const score = () => trial.evaluate({ split: 'train', ids, sameNoise: true })
  const before = await score()
  if (before.samples !== ids.length) return null
  const losses: number[] = []
  const train = { batch: { ids: [ids] }, regularisation: false, statistics: false, learningRate: baseRate(context) }
  await trial.train({ steps: most, ...train }, ({ loss }) => {
    losses.push(loss)
    return Number.isFinite(loss) && !hasFitted(losses)
  })
  const after = await score()
  await trial.restore('initial')
  return { losses, samples: ids.length, before: before.metrics, after: after.metrics }
}

/** By the mean of a few steps: one lucky step is no fit. Below zero there is no half: what counts is the size of the start. */
export const hasFitted = (losses: readonly number[], window = 5): boolean => {
  const [start = Number.NaN] = losses
  const last = losses.slice(-window)
  const mean = last.reduce((a, b) => a + b, 0) / last.length
  return losses.length > 2 * window && start - mean > fitted * Math.abs(start)
}

export type Turned = { readonly name: string; readonly from: number; readonly to: number }

/** What has got worse by more than it could by chance: errors that have doubled, shares that have fallen by four deviations of so many samples, or to nothing. */
export const worsened = (
  { before, after, samples }: Pick<Measured, 'before' | 'after' | 'samples'>,
  directions: ReadonlyMap<string, Direction>,
): Turned[] => {
  const later = new Map(Object.entries(after))
  return Object.entries(before).flatMap(([name, from]) => {
    const to = later.get(name)
    const direction = directions.get(name) ?? (name === 'loss' ? 'min' : undefined)
    if (to === undefined || direction === undefined || !Number.isFinite(from) || !Number.isFinite(to)) return []
    const share = direction === 'max' && [from, to].every((one) => one >= 0 && one <= 1)
    const deviation = Math.sqrt((from * (1 - from)) / samples)
    const worse = share ? from - to > Math.max(0.25, 4 * deviation) : direction === 'min' && from > 0 && to > 2 * from
    return worse ? [{ name, from, to }] : []
  })
}

const judged = (context: Context, seen: Measured | null): Outcome | null => {
  if (!seen || !hasFitted(seen.losses)) return null
  const { facts, plan } = context
  // a term of the loss, a norm of the weights, may well grow: what decides is asked, and the loss
  const directions = new Map([[plan.objective.name.replace(/^val_/, ''), plan.objective.direction]])
  const turned = worsened(seen, directions)
  const [start = Number.NaN] = seen.losses
  const last = seen.losses.at(-1) ?? Number.NaN
  const told = Object.keys(seen.before).map(
    (name) => `${name} ${number(seen.before[name] ?? Number.NaN)} → ${number(seen.after[name] ?? Number.NaN)}`,
  )
  const shown = {
    seen: `${plural(seen.samples, 'sample')} trained on for ${plural(seen.losses.length, 'step')}: training loss ${number(start)} → ${number(last)}; evaluated before and after: ${list(told)}`,
    expected: 'better scores for what has been learnt by heart',
    evidence: { samples: seen.samples, steps: seen.losses.length, start, last },
  }
  if (turned.length === 0) return go('scores of fitted samples do not fall as their training loss does', shown)
  return warn(
    'metric-direction-reversed',
    `val_${turned.map(({ name }) => name).join(' and val_')} ${turned.length > 1 ? 'get' : 'gets'} worse on the very samples that are learnt`,
    {
      ...shown,
      where: placeOf(facts, 'evaluate', 'metrics', 'loss', 'train_step', 'setup'),
      alternatives: ['loss-sign-flipped', 'metric-wrong'],
      advice: 'look for a sign: in the training loss, in the order of a ranking, in what the metric takes for better',
    },
  )
}
