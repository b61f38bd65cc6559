// K1: n steps, save, a fresh process, load, m steps: bitwise the same as n+m steps straight.
// Not whether every section is in the file (K2), nor whether the file opens elsewhere (K4, K5).
//
// Saved in mid-epoch, at an epoch boundary and right after an evaluation. The first is resumed in a fresh process; the others in
// that same process, put back to how it was when it had just opened. The behaviour decides: losses, learning rates, samples of
// each step, and every section at the end. The digests right after the load only name the culprit, so a state that merely looks
// different and goes on equally is a GO. Where S1 has measured rounding, losses within ten times its spread are equal. Where S1
// is NO-GO, steps cannot be compared (S1 is run for this where it was left out), and weights, buffers, optimizer and schedule are compared right after the load.
//
// A checkpoint is held to `exact`, so a lost data position or generator blocks as well: it repeats or skips samples. Whoever means
// less says so in the run file: `resume: epoch` (exact at the boundaries) or `resume: approximate`. What differs then is resumed once
// more with the straight run's own position and generators: where it still parts from it, weights, optimizer, schedule or average were
// lost, and that always blocks; otherwise it warns. A loop of the project's own that goes through a whole epoch is held to `epoch` where
// nothing is said: what it holds by itself begins anew. A generator that differs at the end without any effect on the steps only warns.
import type { Cause, StepRecord } from '../contract/index.ts'
import { define, go, list, noGo, number, type Outcome, placeOf, plural, skipped, warn } from './check.ts'
import {
  type Difference,
  type Divergence,
  differenceIn,
  firstDivergence,
  lossSpread,
  stateDifferences,
} from './compare.ts'
import type { Context } from './context.ts'
import { type Diagnosis, diagnose } from './diagnose.ts'
import { resumePicture } from './pictures.ts'
import { follow, type Reference, type Save } from './reference.ts'
import { adviceOf, causeOf, wordsOf } from './restored.ts'
import { s1 } from './s1-same-seed.ts'
import type { Trial } from './trial.ts'
import { without } from './untrained.ts'

type Resumed = {
  readonly save: Save
  readonly lost: readonly Difference[]
  readonly divergence: Divergence | null
  readonly atEnd: readonly Difference[]
  readonly straight: readonly StepRecord[]
  readonly records: readonly StepRecord[]
}

export const k1 = define({
  code: 'K1',
  needs: ['persist', 'reset', 'freshProcess'],
  after: [],
  costClass: 'fresh',
  async run(context) {
    const reference = await context.reference()
    if (reference.saves.length === 0) {
      if (reference.saveCrash) throw reference.saveCrash
      return skipped('the run is too short to be cut in two')
    }
    const opened = async (): Promise<Trial> => {
      const fresh = await context.fresh()
      if (reference.saves.length > 1 || context.resumeKind !== 'exact') await fresh.capture('opened')
      return fresh
    }
    let trial = await opened()
    const resumed: Resumed[] = []
    let declared: Outcome | null = null
    try {
      for (const [i, save] of reference.saves.entries()) {
        // where one process may live at a time, S1 has taken the place of this one
        if (trial.dead) trial = await opened()
        else if (i > 0) await trial.restore('opened')
        const one = await resume(context, trial, reference, save)
        resumed.push(one)
        if (faultOf(context, reference, one) && context.repeatability.kind === 'unknown') await s1.run(context)
        const fault = faultOf(context, reference, one)
        if (!fault || fault.status === 'WARN' || !isDeclared(context, reference, save)) {
          if (fault) return drawn(fault, reference, resumed)
          continue
        }
        if (trial.dead) trial = await opened()
        else await trial.restore('opened')
        const placed = await resume(context, trial, reference, save, save.place)
        const still = faultOf(context, reference, placed)
        const own = still !== null && endsWithEpoch(context, still, placed)
        if (still && !(still.cause !== null && otherwise.includes(still.cause)) && !own)
          return drawn(still, reference, resumed)
        declared ??= asDeclared(context, fault, save, own)
      }
    } finally {
      await trial[Symbol.asyncDispose]()
    }
    if (context.repeatability.kind === 'unseeded')
      return skipped('needs S1, which is NO-GO: weights, optimizer and schedule do come back, steps cannot be compared')
    return drawn(declared ?? equal(context, reference, resumed), reference, resumed)
  },
})

const drawn = (outcome: Outcome, { records }: Reference, resumed: readonly Resumed[]): Outcome => ({
  ...outcome,
  pictures: [
    resumePicture(
      records,
      resumed.map(({ save, records }) => ({ step: save.step, records })),
    ),
  ],
})

/** Causes that say: other batches or other noise. */
const otherwise: readonly Cause[] = ['data-position-lost', 'rng-not-restored']

/**
 * Everything that is saved came back; what the loop of an epoch holds by itself begins anew with the next: a recurrent state, or the count
 * of batches by which it sets the rate. A scheduler is no part of the loop, and one that moves nothing any more blocks. A run that asks for
 * no more than an approximate resume has said so.
 */
const endsWithEpoch = ({ resumeKind }: Context, still: Outcome, { save, lost }: Resumed): boolean =>
  resumeKind !== 'exact' &&
  (still.cause === 'section-not-saved' ||
    (still.cause === 'schedule-not-restored' && lost.length === 0 && !save.before.has('schedule')))

/** The run file asks for less than an exact resume from this save. */
const isDeclared = (context: Context, reference: Reference, save: Save): boolean => {
  const { resumeKind } = context
  if (resumeKind === 'exact' || context.repeatability.kind === 'unseeded') return false
  return resumeKind === 'approximate' || nextBoundary(reference, save.step - 1) !== save.step
}

const asDeclared = (context: Context, fault: Outcome, { kind, step }: Save, own: boolean): Outcome => ({
  ...fault,
  status: 'WARN',
  ...(context.plan.run.resume === null
    ? {
        title: 'the loop of an epoch begins anew where it is resumed in mid-epoch',
        advice:
          'save at the ends of epochs; `resume: exact` in the run file makes this block, `resume: epoch` declares it',
      }
    : { title: `a resumed run goes on with other batches or noise, as declared (resume: ${context.resumeKind})` }),
  expected:
    own || fault.cause === 'section-not-saved'
      ? 'equal but for what the loop of an epoch holds by itself: all that is saved came back'
      : 'equal with the batches and generators of the straight run: it is',
  evidence: { ...fault.evidence, resume: context.resumeKind, saved: kind, savedAtStep: step },
})

const resume = async (
  context: Context,
  trial: Trial,
  reference: Reference,
  save: Save,
  place: string | null = null,
): Promise<Resumed> => {
  const { schedule } = reference
  await trial.load(save.dir)
  if (place !== null) await trial.importPlace(place)
  const lost = stateDifferences(save.before, await trial.digest()).filter(({ section }) => section !== 'mode')
  const straight = reference.records.slice(save.step)
  if (context.repeatability.kind === 'unseeded')
    return { save, lost, divergence: null, atEnd: [], straight, records: [] }
  // the save after the evaluation is made when that evaluation is over
  const from = save.step
  const { records } = await follow(trial, schedule, from, { evaluate: reference.evaluationCrash === null })
  const atEnd = stateDifferences(reference.final, await trial.digest()).filter(({ section }) => section !== 'mode')
  return { save, lost, divergence: firstDivergence(straight, records), atEnd, straight, records }
}

const faultOf = (context: Context, reference: Reference, resumed: Resumed): Outcome | null => {
  const { repeatability } = context
  if (repeatability.kind === 'unseeded') {
    const certain = resumed.lost.filter(({ section }) =>
      ['parameters', 'buffers', 'optimizer', 'schedule', 'scaler', 'ema'].includes(section),
    )
    const [first] = certain
    const found =
      first &&
      diagnose({
        afterLoad: certain.map(({ section }) => section),
        divergence: null,
        atEnd: [first.section],
        withinEpoch: true,
      })
    return found ? lostOutcome(context, resumed, found) : null
  }
  if (repeatability.kind === 'rounding' && withinRounding(resumed, repeatability.spread)) return null
  const boundary = nextBoundary(reference, resumed.save.step)
  const diagnosed = ({ lost, atEnd }: Pick<Resumed, 'lost' | 'atEnd'>) =>
    diagnose({
      afterLoad: lost.map(({ section }) => section),
      divergence: resumed.divergence,
      atEnd: atEnd.map(({ section }) => section),
      withinEpoch: resumed.divergence !== null && resumed.divergence.step <= boundary,
    })
  const found = diagnosed(resumed)
  if (!found) return null
  // what evaluations keep for themselves, a copy of the best weights say, no step has missed
  const [lost, atEnd] = [resumed.lost, resumed.atEnd].map((one) => without(one, reference.evaluations))
  const others = resumed.divergence === null && lost && atEnd ? diagnosed({ lost, atEnd }) : found
  return others ? lostOutcome(context, resumed, others) : ownLost(context, resumed, found)
}

const ownLost = (context: Context, resumed: Resumed, found: Diagnosis): Outcome => ({
  ...lostOutcome(context, resumed, found),
  status: 'WARN',
  title: `what evaluations keep is in no checkpoint: ${wordsOf[found.culprit]}`,
  advice: 'fine for scores and scratch; copies of the best weights belong into the checkpoint, or come from one',
})

/** Last step of the epoch in which this step count stands. */
const nextBoundary = ({ records }: Reference, step: number): number => {
  const epoch = records[step]?.epoch
  return records.filter((record) => record.epoch === epoch).at(-1)?.step ?? step
}

const withinRounding = ({ straight, records, divergence }: Resumed, spread: number): boolean =>
  divergence?.what !== 'samples' &&
  divergence?.what !== 'learning rates' &&
  straight.length === records.length &&
  lossSpread(straight, records) <= 10 * Math.max(spread, Number.EPSILON)

const kinds: Readonly<Record<Save['kind'], string>> = {
  'mid-epoch': 'in mid-epoch',
  'epoch-boundary': 'at an epoch boundary',
  'after-evaluation': 'right after an evaluation',
}

const lostOutcome = (context: Context, resumed: Resumed, found: Diagnosis): Outcome => {
  const { save, lost, divergence, atEnd } = resumed
  const { culprit, others, effect } = found
  const known = differenceIn(lost, culprit)
  const difference = known ?? differenceIn(atEnd, culprit)
  const after =
    !known && difference
      ? `${wordsOf[culprit]}: equal right after the load, at the end ${difference.names.length} of ${difference.of} entries differ, ${list(difference.names)}`
      : difference
        ? `${wordsOf[culprit]}: ${difference.removed === difference.of ? `empty after load, ${difference.of} entries when saved` : `${difference.names.length} of ${difference.of} entries differ after load, ${list(difference.names)}`}`
        : `${wordsOf[culprit]}: no known part differs right after the load`
  const equalFirst = divergence && divergence.step > save.step + 1 ? `step ${save.step + 1} equal; ` : ''
  const steps = divergence
    ? `; ${equalFirst}step ${divergence.step} ${divergence.what} ${short(divergence.right)} resumed, ${short(divergence.left)} straight`
    : ''
  const evidence = {
    saved: save.kind,
    savedAtStep: save.step,
    step: divergence?.step ?? null,
    what: divergence?.what ?? null,
    notRestored: [culprit, ...others],
    differentAtEnd: atEnd.map(({ section }) => section),
    lost: [...(difference?.names ?? [])],
  }
  const words = {
    seen: `saved ${kinds[save.kind]} after step ${save.step}; ${after}${steps}`,
    expected: context.repeatability.kind === 'exact' ? 'bitwise equal (S1 holds here)' : 'bitwise equal',
    where: placeOf(context.facts, 'load', 'save', 'setup'),
    evidence,
    alternatives: others.map((section) => causeOf[section]),
    advice: adviceOf[culprit],
  }
  if (culprit === 'rng' && !effect)
    return warn(
      'rng-not-restored',
      'a random generator is not restored, without effect on the steps that followed',
      words,
    )
  // schedule and optimizer came back, each by itself, and no longer move together
  if (difference === undefined && lost.length === 0 && culprit === 'schedule' && divergence?.what === 'learning rates')
    return noGo('schedule-not-restored', 'after a resume the schedule no longer moves the learning rate as it did', {
      ...words,
      advice:
        'load into the optimizer that the schedule was made for; an optimizer that is made anew needs a schedule that is made anew',
    })
  // everything known came back, generators too, and still the steps differ: what generators are at the end follows from that
  const { streams = [] } = context.facts
  if (lost.length === 0 && divergence !== null && culprit === 'rng' && streams.length > 0)
    return warn('data-position-lost', 'a stream that the step draws from by itself begins anew after a resume', {
      ...words,
      seen: `${words.seen}; everything known came back, and there is ${list(streams)}`,
      alternatives: ['section-not-saved'],
      where: placeOf(context.facts, 'train_step', 'setup'),
      advice:
        'count the batches that it has given, save the count, and skip as many after a load; `resume: approximate` in the run file declares it',
    })
  if (lost.length === 0 && divergence !== null && culprit === 'rng')
    return noGo('section-not-saved', 'a resumed run depends on state that no checkpoint holds', {
      ...words,
      alternatives: ['rng-not-restored'],
      where: placeOf(context.facts, 'loss', 'train_step', 'save', 'setup'),
      advice: 'look for state in globals, closures and class attributes; keep it on self or in a module, and save it',
    })
  return noGo(
    causeOf[culprit],
    divergence
      ? `a resumed run leaves the straight one at step ${divergence.step}`
      : `a resumed run ends with other ${wordsOf[culprit]}`,
    words,
  )
}

const short = (value: string): string => {
  const read = Number(value)
  return value !== '' && Number.isFinite(read) ? number(read) : value
}

const equal = (context: Context, reference: Reference, resumed: readonly Resumed[]): Outcome => {
  const total = reference.schedule.steps
  const from = resumed[0]?.save.step ?? 0
  const at = resumed.map(({ save }) => `${kinds[save.kind]} (step ${save.step})`)
  const rounding = context.repeatability.kind === 'rounding' ? context.repeatability.spread : null
  const evidence = {
    steps: total,
    saves: resumed.map(({ save }) => save.kind),
    savedAtSteps: resumed.map(({ save }) => save.step),
    tolerance: rounding === null ? 0 : 10 * rounding,
  }
  const how = rounding === null ? 'bitwise' : `within ${number(10 * rounding)}`
  return go(`${from} steps + fresh process + ${total - from} = ${total} straight, ${how}`, {
    seen: `saved ${list(at, 4)}: each resumed run equals the straight one`,
    expected:
      rounding === null
        ? `${plural(total, 'step')} bitwise equal`
        : `equal within ten times the spread that S1 measured`,
    evidence,
  })
}
