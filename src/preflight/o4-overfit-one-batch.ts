// O4: the model can fit one small batch: regularisation off, one frozen batch, several learning rates.
// Not whether it generalises, nor whether the planned learning rate is a good one.
//
// Judged against the lowest loss that theory allows on this very batch (zero; more where equal inputs have different targets,
// or where label smoothing cannot be switched off), never by accuracy: softmax before cross-entropy gets every answer right
// and stops at ln(e+C−1)−1. NO-GO by signatures: that floor; the variance of the targets, where (N,1) meets (N); a sign
// turned round; no progress at any rate, with two samples either. A model that goes down and stops short (a linear one, a
// tiny one, dropout that cannot be switched off) only warns: what it lacks is capacity or steps. A step that draws (mixup) has no
// known floor, and must only fall.
import type { SampleDigest } from '../contract/index.ts'
import { define, go, noGo, number, type Outcome, placeOf, skipped, warn } from './check.ts'
import type { Context } from './context.ts'
import { Crash } from './crash.ts'
import { fallsWithoutEnd } from './endless.ts'
import { conflictFloor, doubleSigmoidFloor, doubleSoftmaxFloor, floorOf, targetVariance } from './floors.ts'
import { isClose } from './formulas.ts'
import { meanLoss } from './initial.ts'
import { isNear } from './o3-step-descends.ts'
import { crossEntropies, mean, outputsOf, readingsOf, rowsAreProbabilities } from './outputs.ts'
import { type Attempt, attempt, climbDown } from './overfit.ts'
import { comparesAll } from './permuted.ts'
import { overfitPicture } from './pictures.ts'
import type { Trial } from './trial.ts'

const batch = 16
/** Less than this share of the way down at every rate is no progress. */
const noProgress = 0.05

type Case = {
  readonly context: Context
  readonly trial: Trial
  readonly samples: readonly SampleDigest[]
  readonly attempts: readonly Attempt[]
  readonly floor: number | null
  readonly start: number
  readonly best: number
  readonly regularisation: boolean
}

export const o4 = define({
  code: 'O4',
  needs: ['frozenBatch', 'reset'],
  after: ['O1'],
  costClass: 'warm',
  async run(context) {
    const { facts, task } = context
    if (facts.optimizers.length > 1 && task.kind === 'custom' && task.expect.floor === 'unknown')
      return skipped('several optimizers and no declared floor: one loss says nothing')
    const trial = await context.at('initial')
    const frozen = Math.max(1, Math.min(batch, facts.samples.train ?? batch, context.plan.run.train.batch_size))
    const samples = await trial.data({ frozen })
    const regularisation = !context.can('regularisationOff')
    const floor = floorOf(task, samples, regularisation)
    const base = Math.max(0, ...facts.optimizers.flatMap(({ learningRates }) => learningRates))
    const deadline = performance.now() + 1000 * Math.max(1, context.remaining)
    const options = { frozen, regularisation, floor, deadline }
    let attempts: Attempt[]
    try {
      attempts = await climbDown(context, trial, base > 0 ? base : 1e-3, options)
    } catch (error) {
      // a user's schedule may end with the run: what lies beyond is no fault of the experiment
      if (!(error instanceof Crash) || error.stage !== 'train' || trial.dead) throw error
      const steps = Math.max(1, trial.facts.steps - 1)
      await trial.restore('initial')
      attempts = [await attempt(trial, base > 0 ? base : 1e-3, { ...options, steps })]
    }
    const start = attempts[0]?.losses[0] ?? Number.NaN
    const best = Math.min(...attempts.map((one) => one.best).filter(Number.isFinite))
    const found = await verdict({ context, trial, samples, attempts, floor, start, best, regularisation })
    return { ...found, pictures: [overfitPicture(attempts, floor)] }
  },
})

const places = ({ context: { facts } }: Case) => placeOf(facts, 'loss', 'train_step', 'model', 'setup')

const shown = ({ samples, attempts, floor, start, best }: Case) => ({
  seen: `${samples.length} samples: loss ${number(start)} → ${number(best)} at best, learning rates ${attempts.map(({ rate }) => number(rate)).join(', ')}`,
  expected:
    floor === null ? 'a falling loss; the floor is not known' : `near ${number(floor)}, the floor of this batch`,
  evidence: {
    samples: samples.length,
    start,
    best,
    floor,
    rates: attempts.map(({ rate }) => rate),
    bests: attempts.map((one) => one.best),
    steps: attempts.map(({ losses }) => losses.length),
  },
})

const verdict = async (found: Case): Promise<Outcome> => {
  const { attempts, floor, start, best, samples, context } = found
  const where = places(found)
  const holds = shown(found)
  if (!Number.isFinite(start))
    return noGo('loss-not-finite', 'the first loss on one batch is not finite', { ...holds, where })
  const flipped = await signFlipped(found)
  if (flipped) return flipped
  const endless = withoutEnd(found)
  if (endless) return endless
  const reached = attempts.find((one) => one.reached)
  if (reached && floor !== null) {
    const took = reached.losses.length
    return go(
      `${samples.length} samples: loss ${number(start)} → ${number(reached.last)} in ${took} steps; floor ${number(floor)}`,
      { ...holds, evidence: { ...holds.evidence, rate: reached.rate } },
    )
  }
  if (context.remaining <= 0) return skipped('budget: spent before one batch was fitted')
  if (!Number.isFinite(best) || attempts.every(({ finite }) => !finite))
    return noGo('diverges', 'training on one batch diverges at every learning rate', {
      ...holds,
      where,
      alternatives: ['learning-rate-out-of-range', 'loss-not-finite'],
      advice: 'look for a division by zero or a log of zero in the loss, and clip the gradients',
    })
  if (floor === null) return withoutFloor(found)
  // the first two look at what the last attempt has made of the model; those after them begin anew
  const known =
    (await doubleSigmoid(found)) ??
    (await boundedOutput(found)) ??
    (await doubleSoftmax(found)) ??
    (await broadcast(found))
  return known ?? stoppedShort(found, floor)
}

/** A loss that starts near minus what the outputs give, and falls without end, has its sign turned round. Densities and scores may be negative. */
const signFlipped = async (found: Case): Promise<Outcome | null> => {
  const { context, trial, samples, attempts, start, best } = found
  if (start >= 0 || best > start) return null
  const level = meanLoss(context.task, await context.evaluation('initial'))
  if (level === null || !isNear(start, level.value)) return null
  const rate = attempts[0]?.rate ?? 1e-3
  if (!(await fallsWithoutEnd(trial, { frozen: samples.length, rate, beginning: start }))) return null
  return noGo('loss-wrong', 'the training loss is negative and falls: its sign is turned round', {
    ...shown(found),
    where: places(found),
    advice: 'minimise the loss itself, not its negative',
  })
}

/** How far below zero, in sizes of its start, no loss with a floor falls at the program's own rate. */
const [endlessly, far] = [1e6, 1e3]

/** A density may grow, an energy may sink; a loss a million times its start below zero has no floor. */
const withoutEnd = (found: Case): Outcome | null => {
  const { attempts, start, context } = found
  const [own] = attempts
  const depth = own ? -Math.min(...own.losses.filter(Number.isFinite)) / Math.max(1, Math.abs(start)) : 0
  if (!own || !(depth > far)) return null
  const holds = shown(found)
  return (depth > endlessly ? noGo : warn)(
    'loss-sign-flipped',
    'the loss has no floor: it falls below zero without end',
    {
      ...holds,
      seen: `${holds.seen}; at the program’s own rate, ${number(own.rate)}, it falls ${number(depth)} times its start below zero`,
      expected: 'a loss that is bounded from below, or falls no further than a density may grow',
      where: placeOf(context.facts, 'loss', 'training_step', 'train_step', 'model', 'setup'),
      alternatives: ['diverges', 'loss-wrong'],
      advice: 'look for a term with the wrong sign: a divergence, a regulariser, a log probability',
    },
  )
}

const doubleSoftmax = async (found: Case): Promise<Outcome | null> => {
  const { context, attempts, start, best } = found
  const { task } = context
  if (task.kind !== 'classification') return null
  const floor = doubleSoftmaxFloor(task.classes)
  if (best < floor - 1e-3) return null
  const left = (best - floor) / Math.max(1e-9, start - floor)
  const { perSample, metrics } = await context.evaluation('initial')
  const outputs = perSample && outputsOf(perSample)
  const probabilities = outputs !== undefined && rowsAreProbabilities(outputs)
  // a model that returns probabilities whose logarithm is the loss: a tree, a mixture, a noise model
  const own = probabilities ? mean(crossEntropies(outputs, 'probabilities')) : Number.NaN
  const twice = probabilities ? mean(crossEntropies(outputs, 'logits')) : Number.NaN
  const { loss: told = Number.NaN } = metrics
  if (isClose(told, own, 1e-3) && !isClose(told, twice, 1e-3)) return null
  const stops = attempts.some((one) => one.settled && one.best - floor < 0.02 * Math.max(start - floor, 0.05))
  if (!stops && !probabilities) return null
  const holds = shown(found)
  return noGo('double-softmax', 'the model returns probabilities where logits belong', {
    seen: `${holds.seen}${probabilities ? `; ${outputs.count} of ${outputs.count} rows of outputs are ≥ 0 and sum to 1` : ''}`,
    expected: `logits, and a loss under ${number(0.02 * start)}; softmax twice cannot get below ln(e+${task.classes - 1})−1 = ${number(floor)}`,
    evidence: { ...holds.evidence, softmaxFloor: floor, left, probabilities },
    where: placeOf(context.facts, 'model', 'loss', 'setup'),
    alternatives: probabilities ? [] : ['loss-floor-above-theory'],
    advice: 'return the logits, without softmax: cross-entropy applies it',
  })
}

/** One output for two classes that stays within 0 … 1 however it is trained, taken for a logit: ln(1 + e⁻¹) is all that a 1 can reach, ln 2 a 0. */
const doubleSigmoid = async (found: Case): Promise<Outcome | null> => {
  const { context, trial, attempts, samples, start, best } = found
  if (context.task.kind !== 'classification' || context.task.classes !== 2 || !context.can('perSample')) return null
  const floor = doubleSigmoidFloor(samples)
  const settled = attempts.some((one) => one.settled || one.best - floor < 0.1 * Math.max(start - floor, 0.05))
  if (best < floor - 1e-3 || !settled) return null
  const { perSample, metrics } = await trial.evaluate({ perSample: true })
  if (!perSample || metrics.loss === undefined) return null
  const outputs = outputsOf(perSample)
  // two readings of one number: what the loss that is reported makes of it says which it is
  if (!readingsOf(outputs, 2).includes('one probability')) return null
  const [logits, probabilities] = [
    mean(crossEntropies(outputs, 'one logit')),
    mean(crossEntropies(outputs, 'one probability')),
  ]
  const isOfProbabilities = Number.isFinite(probabilities) && isClose(metrics.loss, probabilities, 1e-4)
  if (!isClose(metrics.loss, logits, 1e-4) || isOfProbabilities) return null
  const holds = shown(found)
  return noGo('double-softmax', 'the model returns probabilities where a logit belongs: a sigmoid twice', {
    seen: `${holds.seen}; after it all of ${outputs.count} outputs lie within 0 and 1, and the reported loss ${number(metrics.loss)} takes them for logits`,
    expected: `a logit, and a loss under ${number(0.02 * start)}; sigmoid twice cannot get below ${number(floor)} here`,
    evidence: { ...holds.evidence, sigmoidFloor: floor, asLogits: logits, asProbabilities: probabilities },
    where: placeOf(context.facts, 'model', 'loss', 'setup'),
    alternatives: ['loss-floor-above-theory'],
    advice: 'return the logit, without sigmoid: binary_cross_entropy_with_logits applies it',
  })
}

/** (N,1) against (N) compares every pair: then targets may change places, and the loss stays what it is. */
const broadcast = async (found: Case): Promise<Outcome | null> => {
  const { context, samples, attempts } = found
  if (context.task.kind === 'custom') return null
  const targets = new Set(samples.map(({ target }) => JSON.stringify(target)))
  const all = targets.size > 1 ? await comparesAll(context, samples.length) : null
  if (all === null) return null
  const constant = context.task.kind === 'regression' ? targetVariance(samples) : null
  const holds = shown(found)
  return noGo('broadcast-in-loss', 'the loss compares every output with every target', {
    seen: `${holds.seen}; before training the loss is ${number(all.loss)} with the targets as they are and in ${all.shuffled.length} other orders, while outputs differ`,
    expected: `${holds.expected}; another loss where targets change places`,
    evidence: {
      ...holds.evidence,
      constant,
      attempts: attempts.length,
      loss: all.loss,
      shuffled: [...all.shuffled],
      spread: all.spread,
    },
    where: placeOf(context.facts, 'loss', 'train_step', 'model'),
    alternatives: ['does-not-learn'],
    advice: 'give output and target the same shape: output.squeeze(1), or target.unsqueeze(1)',
  })
}

/** The same with two samples, which almost any model can tell apart: share of the way down that is left. */
const fitsPair = async ({ context, trial, attempts, regularisation }: Case) => {
  const samples = await trial.data({ frozen: 2 })
  const [a, b] = samples
  const { task } = context
  if (!a || !b || a.hash === b.hash || JSON.stringify(a.target) === JSON.stringify(b.target)) return null
  const floor = conflictFloor(task, samples)
  const deadline = performance.now() + 1000 * Math.max(1, context.remaining)
  const start = task.kind === 'regression' ? targetVariance(samples) : Math.log(2)
  const [rate = 1e-3] = [...attempts].sort((x, y) => x.best - y.best).map((one) => one.rate)
  const tried = await attempt(trial, rate, { frozen: 2, regularisation, floor, deadline })
  return { best: tried.best, share: (tried.best - floor) / start }
}

const withoutFloor = (found: Case): Outcome => {
  const { attempts, start, best, samples } = found
  const early = attempts[0]?.losses.slice(0, 5) ?? []
  const jitter = early.length > 1 ? Math.max(...early) - Math.min(...early) : 0
  const holds = shown(found)
  if (start - best > Math.max(0.1 * Math.abs(start), 2 * jitter) || start - best > 0.5 * Math.abs(start))
    return go(`${samples.length} samples: loss ${number(start)} → ${number(best)}; no floor known`, holds)
  return warn('does-not-learn', 'the loss on one batch hardly falls', {
    ...holds,
    where: places(found),
    advice: 'declare task.expect.floor, so that this can be judged',
  })
}

/** Neither at the floor nor a known bug: no progress at all, or progress that stops short. */
const stoppedShort = async (found: Case, floor: number): Promise<Outcome> => {
  const { context, start, best } = found
  const left = (best - floor) / Math.max(1e-12, start - floor)
  const holds = shown(found)
  const where = places(found)
  if (left > 1 - noProgress) {
    const pair = await fitsPair(found)
    if (pair === null || pair.share > 0.8)
      return noGo('does-not-learn', 'the loss on one batch does not fall at any learning rate', {
        ...holds,
        evidence: { ...holds.evidence, pair: pair?.best ?? null },
        where,
        alternatives: ['learning-rate-out-of-range', 'parameter-without-gradient', 'loss-wrong'],
        advice:
          'follow the gradient from the loss to the first layer: a detach, a dead activation, a loss of the wrong sign',
      })
  }
  if (await draws(found)) return withoutFloor({ ...found, floor: null })
  return warn('loss-floor-above-theory', `one batch is fitted by ${number(100 * (1 - left))}% only`, {
    ...holds,
    where,
    evidence: { ...holds.evidence, left },
    alternatives: context.can('regularisationOff') ? ['learning-rate-out-of-range'] : [],
    advice: found.regularisation
      ? 'dropout and augmentation stayed on; if the loss still falls, this is fine'
      : 'a small or linear model cannot do better; otherwise look at the last layer and the loss',
  })
}

/** The step mixes samples or adds noise of its own: the same batch at the same weights has another loss each time, and no floor is known. */
const draws = async ({ context, samples, regularisation }: Case): Promise<boolean> => {
  const trial = await context.at('initial')
  const hold = context.can('suppressUpdates') ? { updates: 'suppressed' as const } : { learningRate: 0 }
  const records = await trial.steps({ steps: 6, batch: { frozen: samples.length }, regularisation, ...hold })
  const losses = records.map(({ loss }) => loss).filter(Number.isFinite)
  const [least, most] = [Math.min(...losses), Math.max(...losses)]
  return losses.length > 1 && most - least > 1e-5 * Math.max(Math.abs(most), Math.abs(least))
}

/** A regression whose output cannot reach the targets: all outputs within a range that most targets leave. */
const boundedOutput = async (found: Case): Promise<Outcome | null> => {
  const { context, trial } = found
  if (context.task.kind !== 'regression' || !context.can('perSample')) return null
  const { perSample } = await trial.evaluate({ perSample: true })
  if (!perSample) return null
  const { values, targets } = outputsOf(perSample)
  const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const lowest = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  for (const [low, high] of [
    [0, 1],
    [-1, 1],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    const outside = targets.filter((target: number) => target < low || target > high).length / targets.length
    if (lowest < low || highest > high || outside < 0.1) continue
    // pressed against its bound after training, or it just has not got there
    const pinned = values.filter((value: number) => value - low < 1e-2 || high - value < 1e-2).length / values.length
    if (pinned < 0.5) continue
    const holds = shown(found)
    return noGo('loss-floor-above-theory', 'the output cannot reach the targets', {
      ...holds,
      seen: `${holds.seen}; outputs from ${number(lowest)} to ${number(highest)}, ${number(100 * outside)}% of the targets lie outside ${low} to ${high}`,
      evidence: { ...holds.evidence, lowest, highest, outside, pinned },
      where: placeOf(context.facts, 'model', 'setup'),
      advice: 'no sigmoid, tanh or relu on the output, or scale the targets into its range',
    })
  }
  return null
}
